package models

import (
	"context"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// lookup finds users by a unique column.
type lookup struct {
	users  *Users
	column *usertable.Unique
	query  userQuery
	// also selects whether a family of tokens is live; the family is the first
	// parameter
	inFamily userQuery
}

// Find returns the user with that value in a column that is unique in the user
// model, e.g. "email". As in Django, "pk" is the primary key, whatever it is
// called. The column must hold integers, texts, or a Go type that scans a text
// (sql.Scanner), as UUIDs do; any other is an error. So is one that is not
// unique: one user could pass for another.
//
// Find returns [ErrNotFound] if there is no such user or the text cannot be a
// value of the column. It costs one query. The caller must check whether the
// user is active.
func (u *Users) Find(ctx context.Context, column, value string) (UserModel, error) {
	unique, err := u.table.Unique(column)
	if err != nil {
		return nil, err
	}
	parsed, ok := unique.Parse(value)
	if !ok {
		return nil, ErrNotFound
	}
	parameter := unique.Parameter(sqlkit.Placeholder(u.db, 1))
	return u.find(ctx, u.sql.byColumn(u.db.Statement.Quote(unique.DBName), parameter), parsed)
}

// LookupBy returns a look-up by a unique column.
func (u internals) LookupBy(column string) (userkit.Lookup, error) {
	unique, err := u.table.Unique(column)
	if err != nil {
		return nil, err
	}
	parameter := func(n int) string { return unique.Parameter(sqlkit.Placeholder(u.db, n)) }
	name := u.db.Statement.Quote(unique.DBName)
	return &lookup{
		users: u.Users, column: unique,
		query:    u.sql.byColumn(name, parameter(1)),
		inFamily: u.sql.byColumnInFamily(name, parameter(2)),
	}, nil
}

// Find returns the user with that value in the column.
func (l *lookup) Find(ctx context.Context, text string) (usertable.User, error) {
	value, ok := l.column.Parse(text)
	if !ok {
		return nil, ErrNotFound
	}
	return l.users.find(ctx, l.query, value)
}

// FindInFamily is Find, and also reports whether a family of tokens is live.
func (l *lookup) FindInFamily(ctx context.Context, text, family string) (user usertable.User, live bool, err error) {
	value, ok := l.column.Parse(text)
	if !ok {
		return nil, false, ErrNotFound
	}
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		family = "" // no family has the empty name
	}
	user, err = l.users.findBy(ctx, l.inFamily, []any{family, value}, &live)
	return user, live && err == nil, err
}

// Value returns the user's value of the column.
func (l *lookup) Value(user usertable.User) any { return l.column.Of(user) }
