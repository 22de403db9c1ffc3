package announcement_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

func TestOf(t *testing.T) {
	many := make([]string, 65)
	for i := range many {
		many[i] = announcement.User(strconv.Itoa(i))
	}
	for _, row := range []struct {
		name  string
		names []string
		want  int // slots; 0: everything
	}{
		{"nothing is named", nil, 0},
		{"one", many[:1], 1},
		{"the same twice", []string{many[0], many[0]}, 1},
		{"two", many[:2], 2},
		{"as many as it may hold", many[:64], 64},
		{"more", many, 0},
		{"all names, and one", []string{many[0], announcement.Everything}, 0},
	} {
		message := announcement.Of(row.names...)
		slots, ok := announcement.Read(message)
		if ok != (row.want > 0) || len(slots) != row.want {
			t.Errorf("%s: %q is read as %v, %v", row.name, message, slots, ok)
		}
		for _, name := range row.names {
			if ok && !slices.Contains(slots, announcement.Slot(name)) {
				t.Errorf("%s: %q does not concern %s", row.name, message, name)
			}
		}
	}
}

// TestRead checks that whatever cannot be read concerns everything.
func TestRead(t *testing.T) {
	for message, want := range map[string][]uint16{
		"0": {0}, "65535": {65535}, "7 7 12": {7, 7, 12},
		"": nil, announcement.Everything: nil, "65536": nil, "-1": nil, "+1": nil, "1.0": nil, "1,2": nil, " 1": nil, "1 ": nil, "1  2": nil,
		"user 42": nil, "99999999999999999999": nil, "1\x00": nil, strings.Repeat("1 ", 4000) + "1": nil,
	} {
		slots, ok := announcement.Read(message)
		if !slices.Equal(slots, want) || ok != (want != nil) {
			t.Errorf("%.40q: %v, %v, want %v", message, slots, ok, want)
		}
	}
}

// TestSlotsNeverChange pins the slots: servers of different versions, and the
// triggers of docs/scaling.md, must compute the same.
func TestSlotsNeverChange(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	for name, want := range map[string]uint16{
		announcement.User("1"): 11189, announcement.User("42"): 54257, announcement.User("ж"): 30531,
		announcement.Service("ci"): 39923, announcement.Family("a"): 46593, announcement.Token("b"): 21130,
	} {
		var inSQL uint16
		err := db.Raw("SELECT get_byte(h, 0) * 256 + get_byte(h, 1) FROM sha256(convert_to(?, 'UTF8')) AS h", name).Scan(&inSQL).Error
		if got := announcement.Slot(name); got != want || inSQL != want || err != nil {
			t.Errorf("%s: %d, in SQL %d, %v, want %d", name, got, inSQL, err, want)
		}
	}
}
