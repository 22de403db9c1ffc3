package sqlkit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// names runs a query for the texts of table t.
func names(t *testing.T, db *gorm.DB, name string) string {
	t.Helper()
	texts, err := Texts(t.Context(), Pool(db), `SELECT name FROM t WHERE name = `+Placeholder(db, 1), name)
	if err != nil {
		return err.Error()
	}
	return strings.Join(texts, " ")
}

// TestPreparedStatementsFollowTheSchema checks that a statement which was
// prepared before a migration sees what the migration has done, also one of
// another connection.
func TestPreparedStatementsFollowTheSchema(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, other := dbtest.Open(t, url), dbtest.Open(t, url)
		for _, step := range []struct {
			migration, want string // want: what the result contains
		}{
			{"", "t"}, // no such table, or the relation "t" does not exist
			{`CREATE TABLE "t" ("name" text)`, ""},
			{`INSERT INTO "t" VALUES ('a')`, "a"},
			{`ALTER TABLE "t" ADD COLUMN "more" text DEFAULT 'x'`, "a"},
			{`CREATE INDEX "i" ON "t" ("name")`, "a"},
			{`ALTER TABLE "t" RENAME COLUMN "name" TO "former"`, "name"},
			{`ALTER TABLE "t" RENAME COLUMN "former" TO "name"`, "a"},
			{`DROP TABLE "t"`, "t"},
			{`CREATE TABLE "t" ("id" integer, "name" text)`, ""},
			{`INSERT INTO "t" VALUES (1, 'a')`, "a"},
		} {
			if step.migration != "" {
				if err := other.Exec(step.migration).Error; err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				if got := names(t, db, "a"); !strings.Contains(got, step.want) || step.want == "" && got != "" {
					t.Errorf("after %s: %s, want %s", step.migration, got, step.want)
				}
			}
		}
	})
}

// TestWhatIsPrepared checks that a query is prepared once for all requests, on
// SQLite and outside of transactions only.
func TestWhatIsPrepared(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Exec(`CREATE TABLE "t" ("name" text)`).Error; err != nil {
			t.Fatal(err)
		}
		want := int32(0)
		expect := func(what string) {
			t.Helper()
			if n := prepareds.Of(db).n.Load(); n != want {
				t.Errorf("%s: %d statements are prepared, want %d", what, n, want)
			}
		}
		err := db.Transaction(func(tx *gorm.DB) error { names(t, tx, "a"); return nil })
		if err != nil {
			t.Fatal(err)
		}
		expect("in a transaction")
		if db.Name() == "sqlite" {
			want = 1
		}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() { names(t, db.Session(&gorm.Session{PrepareStmt: true}), "a") })
		}
		wg.Wait()
		expect("by many at once")
		_, err = Texts(t.Context(), Pool(db), "SELECT nothing")
		if err == nil {
			t.Error("a wrong statement succeeds")
		}
		expect("a wrong statement")
		for i := range 2 * maxPrepared {
			got, err := Texts(t.Context(), Pool(db), fmt.Sprintf("SELECT '%d'", i))
			if err != nil || got[0] != fmt.Sprint(i) {
				t.Fatal(i, got, err)
			}
		}
		if db.Name() == "sqlite" {
			want = maxPrepared
		}
		expect("too many")
	})
}

// TestPreparedStatementsAreShared checks that requests which run a statement at
// the same time get the rows of their own parameters, although some give up.
func TestPreparedStatementsAreShared(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		echo := "SELECT CAST(" + Placeholder(db, 1) + " AS text) UNION ALL SELECT CAST(" + Placeholder(db, 2) + " AS text)"
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for n := range 50 {
					mine := fmt.Sprintf("%d of %d", n, i)
					ctx, cancel := context.WithCancel(t.Context())
					if n%5 == 0 {
						go cancel()
					}
					for rows, err := range Rows(ctx, Pool(db), echo, mine, mine) {
						if err != nil {
							break // it gave up
						}
						var got string
						if err := rows.Scan(&got); err == nil && got != mine {
							t.Errorf("%q, want %q", got, mine)
						}
						if n%7 == 0 {
							break
						}
					}
					cancel()
				}
			})
		}
		wg.Wait()
	})
}
