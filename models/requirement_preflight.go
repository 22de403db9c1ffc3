package models

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// PreflightLogin says what is wrong with the [LoginRequirements], for a check at
// the start:
//
//   - a table of a requirement, or a column that the requirement needs, does not
//     exist, so that every login fails;
//   - a table of Django's packages exists that no requirement reads, so that
//     what Django asks of a login may be passed by here.
//
// It returns nil if the database does not answer.
func (u *Users) PreflightLogin(ctx context.Context) error {
	needed, err := u.requirements.tables()
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(needed))
	look := slices.Concat(names, logintables.All())
	slices.Sort(look)
	look = slices.Compact(look)
	absent, err := u.tables.Missing(ctx, u.db, look...)
	if err != nil {
		return nil //nolint:nilerr // the database does not answer
	}
	problems := []error{u.undeclared(absent, needed)}
	for _, table := range names {
		if len(needed[table]) == 0 {
			continue
		}
		problems = append(problems, u.checkNeeded(ctx, table, needed[table], slices.Contains(absent, table)))
	}
	return errors.Join(problems...)
}

// undeclared returns an error that names the tables that exist and that no
// requirement reads.
func (u *Users) undeclared(absent []string, needed map[string][]string) error {
	var found []string
	for _, table := range logintables.All() {
		_, read := needed[table]
		ignored := slices.Contains(u.requirements.InsecureIgnored, table)
		if !read && !ignored && !slices.Contains(absent, table) {
			found = append(found, table)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("models: a password alone is a login here, but the database has %s, "+
		"by which Django's login may ask for more: "+
		"declare what it asks with db.Use(models.LoginRequirements{...}), "+
		"see package models/requirements and docs/logins.md, "+
		"or name the tables in InsecureIgnored", strings.Join(found, ", "))
}

// checkNeeded returns an error if a table of a requirement, or one of its
// columns, does not exist.
func (u *Users) checkNeeded(ctx context.Context, table string, columns []string, absent bool) error {
	if absent {
		return fmt.Errorf("models: LoginRequirements: the database has no table %s, so every login fails: "+
			"run Django's migrations first, or do not declare what reads it", table)
	}
	have, err := sqlkit.Texts(ctx, u.pool(), sqlkit.CatalogOf(u.db).Columns+sqlkit.Placeholder(u.db, 1), table)
	if err != nil || len(have) == 0 {
		return nil //nolint:nilerr // the database does not answer, or the table has just gone
	}
	for _, column := range columns {
		if !slices.Contains(have, column) {
			return fmt.Errorf("models: LoginRequirements: the table %s has no column %q, "+
				"so every login fails; it has %s: "+
				"this version of Django's package is not supported", table, column, strings.Join(have, ", "))
		}
	}
	return nil
}
