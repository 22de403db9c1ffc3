package sqlkit_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestLostStatementsAreExplained checks that an error of a statement that a
// pooler has lost names the mend, and is not repeated.
func TestLostStatementsAreExplained(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, ask := range map[string]func(db *gorm.DB) error{
		"query": func(db *gorm.DB) error {
			_, err := sqlkit.Texts(t.Context(), sqlkit.Pool(db), "SELECT 'a'")
			return err
		},
		"exec": func(db *gorm.DB) error {
			_, err := sqlkit.Exec(t.Context(), sqlkit.Pool(db), "CREATE TABLE t (a)")
			return err
		},
		"Read": func(db *gorm.DB) error {
			return sqlkit.Read(t.Context(), db, func(db *gorm.DB) error { return db.Raw("SELECT 1").Scan(new(int)).Error })
		},
		"Has": func(db *gorm.DB) error {
			_, err := sqlkit.PresenceOf(db).Has(t.Context(), db, "auth_user")
			return err
		},
	} {
		r := &refusing{ConnPool: db.Statement.ConnPool, err: state("26000"), times: 1}
		if err := ask(with(db, r)); err == nil || !strings.Contains(err.Error(), "default_query_exec_mode=cache_describe") || r.calls != 1 {
			t.Errorf("%s: %d calls, %v", name, r.calls, err)
		}
	}
}
