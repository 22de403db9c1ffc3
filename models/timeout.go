package models

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

const timeoutPlugin = "ginauth:statement_timeout"

// StatementTimeout bounds how long each statement of this module waits for the
// database, including the wait for a connection of the pool. Then the statement
// fails, and the guard and the handlers answer 503. Default: 2 seconds. It is a
// GORM plugin:
//
//	err := db.Use(models.StatementTimeout(time.Second))
//
// A transaction is bounded by statement, so that hashing a password in the
// midst of it takes the time that it needs; so is a loop over rows, by row. Not
// bounded are [Migrate], [SyncPermissions], packages commands and prune, and
// the statements of the application, among which are those that policies.Filter
// restricts. Give these a context with a deadline.
type StatementTimeout time.Duration

// Name returns the plugin's name.
func (StatementTimeout) Name() string { return timeoutPlugin }

// Initialize refuses a timeout that is not positive, and one that comes too
// late.
func (t StatementTimeout) Initialize(db *gorm.DB) error {
	if t <= 0 {
		return fmt.Errorf("models: StatementTimeout is %v; it must be positive", time.Duration(t))
	}
	if err := setting.Late(db, timeoutPlugin, "models: StatementTimeout", usersReaders); err != nil {
		return err
	}
	return db.Use(sqlkit.Timeout(t))
}
