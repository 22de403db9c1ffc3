package models_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

// TestStatementTimeout checks the default, and which values are taken.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	if got := sqlkit.TimeoutOf(db); got != 2*time.Second {
		t.Errorf("default: %v", got)
	}
	for _, row := range []struct {
		timeout models.StatementTimeout
		err     string
		want    time.Duration
	}{
		{0, "it must be positive", 2 * time.Second},
		{-1, "it must be positive", 2 * time.Second},
		{models.StatementTimeout(time.Minute), "", time.Minute},
		{models.StatementTimeout(time.Hour), "registered", time.Minute}, // a second one
	} {
		err := db.Use(row.timeout)
		if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) || sqlkit.TimeoutOf(db) != row.want {
			t.Errorf("%v: %v, the timeout is %v", time.Duration(row.timeout), err, sqlkit.TimeoutOf(db))
		}
	}
}
