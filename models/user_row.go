package models

import (
	"context"
	"reflect"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
)

// UserSQL holds the parts of a statement that joins the rows of users, called u
// in it, to those of another table. It is for packages of credentials that
// belong to users, which read them by [Users.NewRow].
type UserSQL struct {
	Columns string // the columns to read, separated by commas
	Table   string // quoted
	Key     string // the primary key
	Live    string // the condition that excludes soft-deleted users; begins with AND, or is empty
}

// SQL returns the parts of a statement that reads users.
func (u *Users) SQL() UserSQL { return sqlOf(u.db, u.schema, u.table) }

func sqlOf(db *gorm.DB, s *userSchema, t djangoschema.User) UserSQL {
	q := func(name string) string { return "u." + db.Statement.Quote(name) }
	columns, live := s.columns(), ""
	for i, name := range columns {
		columns[i] = q(name)
	}
	for _, name := range s.softDeleted() {
		live += " AND " + q(name) + " IS NULL"
	}
	return UserSQL{Columns: strings.Join(columns, ", "), Table: db.Statement.Quote(t.Name), Key: q(t.PK), Live: live}
}

// UserRow is the destination of one user in a result. It is not safe for
// concurrent use.
type UserRow struct {
	// Targets are the destinations for Scan of the columns of [UserSQL].
	Targets []any

	users *Users
	value reflect.Value // a pointer to the user's struct
	epoch Epoch         // room for it, if a query reads it
}

// moreTargets is room for destinations of other columns after the user's.
const moreTargets = 4

// NewRow returns a destination for one user.
func (u *Users) NewRow(ctx context.Context) *UserRow {
	value := reflect.New(u.schema.typ)
	targets := make([]any, 0, len(u.schema.loaded)+moreTargets)
	return &UserRow{Targets: u.schema.targets(ctx, value.Elem(), targets), users: u, value: value}
}

// User returns the user that a query has read, loaded in the given epoch, if it
// is not nil. The user can query the database for its groups and permissions.
func (r *UserRow) User(loaded *Epoch) (UserModel, error) {
	if err := r.users.schema.set(context.Background(), r.value.Elem(), r.Targets); err != nil {
		return nil, err
	}
	user := r.Blank()
	if s, ok := user.(stamped); ok && loaded != nil {
		s.setEpoch(*loaded)
	}
	return user, nil
}

// Blank returns the user with zero fields, before a query has read one.
func (r *UserRow) Blank() UserModel {
	user := r.value.Interface().(UserModel)
	if m, ok := user.(member); ok {
		a := &account{db: r.users.db, user: user, key: r.users.Key(user)}
		a.users.Store(r.users)
		m.bind(a)
	}
	return user
}
