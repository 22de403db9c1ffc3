package timeid_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ginauth/ginauth/internal/timeid"
)

// TestNew checks the form against another implementation, and that ids sort by
// their times.
func TestNew(t *testing.T) {
	began := time.Date(2026, 11, 29, 23, 59, 59, 999_998_000, time.UTC)
	var ids []string
	for i := range 1000 {
		at := began.Add(time.Duration(i) * time.Microsecond)
		id, first := timeid.New(at), timeid.First(at)
		parsed, err := uuid.Parse(id)
		if err != nil || parsed.Version() != 7 || parsed.Variant() != uuid.RFC4122 || parsed.String() != id {
			t.Fatal(id, err)
		}
		if seconds, _ := parsed.Time().UnixTime(); seconds != at.Unix() {
			t.Errorf("%s is of %d, want %d", id, seconds, at.Unix())
		}
		if id < first || i > 0 && ids[i-1] >= first {
			t.Errorf("%s does not sort after %s", id, first)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by their times")
	}
	if first, second := timeid.New(began), timeid.New(began); first == second {
		t.Error("two ids are the same")
	}
	if first := timeid.First(time.Time{}); first != "00000000-0000-7000-8000-000000000000" {
		t.Error(first)
	}
}
