package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// NotMigratedError reports that the database lacks tables.
type NotMigratedError struct {
	Tables []string // at least one
}

// Error names the tables and the remedy.
func (e *NotMigratedError) Error() string {
	return fmt.Sprintf(`models: the database has no table %s: run "ginauth migrate" first, or call models.Migrate`,
		strings.Join(e.Tables, ", "))
}

// Preflight returns a [*NotMigratedError] if the user model's table, or one of
// more, does not exist, for a check at the start. It returns nil if the
// database did not answer when the [Users] were made or does not answer now. It
// costs no query if the tables existed then.
func (u *Users) Preflight(ctx context.Context, more ...string) error {
	if !u.looked.Load() {
		return nil
	}
	absent, err := u.tables.Missing(ctx, u.db, append([]string{u.table.Name}, more...)...)
	if err == nil && len(absent) > 0 {
		return &NotMigratedError{absent}
	}
	return nil
}

const surveyTimeout = 5 * time.Second

// survey inspects the tables once in a process, logs which are missing, and
// returns an error if the user model does not fit its table. A database that
// does not answer is not an error: requests will report it.
func (u *Users) survey() error {
	if u.looked.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), surveyTimeout)
	defer cancel()
	absent, err := u.tables.Missing(ctx, u.db, append(djangoschema.TableNames(u.table), u.table.Name)...)
	if err != nil {
		return nil // see above
	}
	if !slices.Contains(absent, u.table.Name) {
		if err := u.checkColumns(ctx); err != nil {
			return err
		}
	}
	if !u.looked.Swap(true) {
		u.logAbsent(ctx, absent)
	}
	return nil
}

// logAbsent logs what does not work as long as tables are missing.
func (u *Users) logAbsent(ctx context.Context, absent []string) {
	message := ""
	switch {
	case slices.Contains(absent, u.table.Name):
		message = (&NotMigratedError{[]string{u.table.Name}}).Error()
	case slices.Contains(absent, djangoschema.EpochTable):
		message = "the credentials of a user cannot be revoked at once, and outlive a change of the password: " +
			(&NotMigratedError{[]string{djangoschema.EpochTable}}).Error() + "; this server need not be started again"
	default:
		return
	}
	// no arguments: GORM's logger for slog does not format
	u.db.Logger.Warn(ctx, "ginauth: "+message)
}

// checkColumns returns an error if the table lacks columns of the user model.
// Without them every look-up of a user would fail.
func (u *Users) checkColumns(ctx context.Context) error {
	catalog := sqlkit.CatalogOf(u.db)
	have, err := sqlkit.Texts(ctx, u.pool(), catalog.Columns+sqlkit.Placeholder(u.db, 1), u.table.Name)
	if err != nil || len(have) == 0 {
		return nil //nolint:nilerr // the database does not answer, or the table has just gone
	}
	slices.Sort(have)
	for _, name := range u.schema.columns() {
		same := func(column string) bool {
			return column == name || catalog.FoldsCase && strings.EqualFold(column, name)
		}
		if !slices.ContainsFunc(have, same) {
			return fmt.Errorf("models: user model *%s: the table %q has no column %q; it has %s: add the column, or correct the struct's tags",
				u.schema.typ, u.table.Name, name, strings.Join(have, ", "))
		}
	}
	return nil
}
