package dbtest_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestOutage checks that with each additional step the database goes away one
// step later, and that whatever was not committed is missing.
func TestOutage(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		healthy := dbtest.Open(t, url)
		if err := healthy.Exec("CREATE TABLE t (n integer)").Error; err != nil {
			t.Fatal(err)
		}
		db, outage := dbtest.WithOutage(t, url)
		var n int
		work := func() error {
			return db.Transaction(func(tx *gorm.DB) error { // BEGIN, INSERT, SELECT, its row, COMMIT
				return errors.Join(tx.Exec("INSERT INTO t VALUES (1)").Error, tx.Raw("SELECT count(*) FROM t").Row().Scan(&n))
			})
		}
		count := func() (rows int64) {
			if err := healthy.Table("t").Count(&rows).Error; err != nil {
				t.Fatal(err)
			}
			return rows
		}
		for _, unanswered := range []bool{false, true} {
			if err := healthy.Exec("DELETE FROM t").Error; err != nil {
				t.Fatal(err)
			}
			for steps := range 5 {
				outage.Begin(steps, unanswered)
				err := work()
				if !errors.Is(err, dbtest.ErrGone) || !outage.End() {
					t.Errorf("after %d steps: %v", steps, err)
				}
				if committed := unanswered && steps == 4; (count() == 1) != committed {
					t.Errorf("after %d steps, unanswered %v: %d rows", steps, unanswered, count())
				}
			}
			before := count()
			if outage.Begin(5, unanswered); work() != nil || outage.End() || count() != before+1 {
				t.Errorf("after 5 steps: %d rows", count())
			}
		}
	})
}
