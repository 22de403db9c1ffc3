package interop_test

import (
	"os"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/conformance/replay"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/fixture"
	"github.com/ginauth/ginauth/models"
)

// TestDjangoTakesOver checks that on a database that Migrate has made, Django
// finds nothing left to do except its own tables. Afterwards everything that
// was recorded of the real application holds there, and Django itself answers
// as before.
func TestDjangoTakesOver(t *testing.T) {
	t.Parallel()
	corpus, err := replay.Load(os.DirFS("../../conformance/testdata"), "corpus")
	must(t, err)
	t.Run("ginauth", func(t *testing.T) {
		t.Parallel() // on a database of its own, which the corpus resets
		replays(t, takenOver(t).here, corpus)
	})
	t.Run("Django", func(t *testing.T) {
		t.Parallel()
		// these depend on code, not on tables
		slow := []string{"basic-header", "hashes", "obtain-token", "throttle"}
		replays(t, takenOver(t).there, slices.DeleteFunc(slices.Clone(corpus), func(c replay.Case) bool {
			return slices.Contains(slow, c.Group)
		}))
	})
}

func replays(t *testing.T, on side, corpus []replay.Case) {
	t.Helper()
	report, err := replay.Run(t.Context(), on.url, corpus, replay.Options{})
	must(t, err)
	for _, result := range report.Failed() {
		t.Error(result)
	}
	t.Logf("\n%s", report)
}

// takenOver starts both sides on a database that Migrate has made and Django
// has taken over.
func takenOver(t *testing.T) *pair {
	t.Helper()
	url := database(t)
	db := dbtest.Open(t, url)
	must(t, models.Migrate(db))
	p := startBoth(t, db, url)
	must(t, fixture.Fill(t.Context(), db))
	return p
}
