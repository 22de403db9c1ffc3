package interop_test

import (
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/conformance/replay"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/fixture"
	"github.com/ginauth/ginauth/models"
)

// TestDjangoTakesOver checks that on a database that Migrate has made, Django
// finds nothing left to do except its own tables. Afterwards everything that
// was recorded of the real application holds there, and Django itself answers
// as before.
func TestDjangoTakesOver(t *testing.T) {
	t.Parallel()
	corpus := recorded(t)
	t.Run("ginauth", func(t *testing.T) {
		t.Parallel() // on a database of its own, which the corpus resets
		replays(t, takenOver(t).here, corpus)
	})
	t.Run("Django", func(t *testing.T) {
		t.Parallel()
		// these depend on code, not on tables, or on the HTTP server, or on
		// Django's own iterations
		slow := []string{"basic-header", "hashes", "obtain-token", "throttle", "transport", "hash-upgrade"}
		replays(t, takenOver(t).there, slices.DeleteFunc(slices.Clone(corpus), func(c replay.Case) bool {
			return slices.Contains(slow, c.Group)
		}))
	})
}

// recorded returns the answers of the Django that is nearest to the running one.
func recorded(t *testing.T) []replay.Case {
	t.Helper()
	djangotest.Need(t, "django")
	files := os.DirFS("../../conformance/testdata")
	corpus, err := replay.Load(files, "corpus") // of Django 3.2
	must(t, err)
	var changed []replay.Case
	switch running := djangotest.ReleasesOf(t).Django; {
	case djangotest.Since(t, running, "5.0"):
		changed, err = replay.Load(files, "django-5.2.jsonl")
	case djangotest.Since(t, running, "4.0"):
		changed, err = replay.Load(files, "django-4.2.jsonl")
	}
	must(t, err)
	corpus, err = replay.Replace(corpus, changed)
	must(t, err)
	return corpus
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
	must(t, db.Use(beside(t)))
	p := &pair{db: db, django: startDjango(t, url)}
	p.django.do(t, "take_over")
	p.there, p.here = side{"Django", p.django.url}, startHere(t, url, 260_000) // of the recorded hashes
	must(t, fixture.Fill(t.Context(), db))
	return p
}

// TestMigrateAfterDjango checks that Migrate leaves alone what the running
// Django has made of an empty database, and that Django finds nothing to do
// afterwards.
func TestMigrateAfterDjango(t *testing.T) {
	t.Parallel()
	url := database(t)
	db := dbtest.Open(t, url)
	django := startDjango(t, url)
	django.do(t, "take_over")
	before := schema(t, db)
	must(t, models.Migrate(db))
	if diff := gocmp.Diff(before, schema(t, db)); diff != "" || len(before) < 150 {
		t.Errorf("Migrate changed the schema of %d lines:\n%s", len(before), diff)
	}
	django.do(t, "take_over")
	if diff := gocmp.Diff(before, schema(t, db)); diff != "" {
		t.Errorf("after Migrate Django changed the schema:\n%s", diff)
	}
}

// schema returns the columns, indexes, constraints and recorded migrations of
// all tables but ginauth's own, one a line.
func schema(t *testing.T, db *gorm.DB) (lines []string) {
	t.Helper()
	must(t, db.Raw(`
		SELECT line FROM (
			SELECT table_name AS "table", concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable,
				column_default, is_identity, identity_generation) AS line FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL
			SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
			UNION ALL
			SELECT conrelid::regclass::text, concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
				FROM pg_constraint WHERE connamespace = 'public'::regnamespace
			UNION ALL
			SELECT app || '_', concat_ws(' ', 'migration', app, name) FROM django_migrations
		) AS lines WHERE "table" NOT LIKE 'ginauth\_%' ORDER BY line`).Scan(&lines).Error)
	return lines
}
