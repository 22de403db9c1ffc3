package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/djangoschema"
)

func userTableOf(db *gorm.DB) (djangoschema.User, error) {
	if err := supported(db); err != nil {
		return djangoschema.User{}, err
	}
	s, err := describe(db, userModelOf(db))
	if err != nil {
		return djangoschema.User{}, err
	}
	return tableOf(db, s), nil
}

func tableOf(db *gorm.DB, s *userSchema) djangoschema.User {
	_, inGroups := reflect.New(s.typ).Interface().(member)
	t := djangoschema.User{
		Model: strings.ToLower(s.typ.Name()), Name: s.Table, InGroups: inGroups,
		PK: s.PrioritizedPrimaryField.DBName, PKType: "integer",
	}
	if s.typ != reflect.TypeFor[User]() {
		t.Swapped = true
		t.PKType = keyType(db, s.PrioritizedPrimaryField)
	}
	return t
}

// keyType returns the type of a column that refers to the key and is not itself
// generated.
func keyType(db *gorm.DB, key *schema.Field) string {
	reference := *key
	reference.AutoIncrement = false
	return db.DataTypeOf(&reference)
}

// userSchema is the user model as GORM has parsed it.
type userSchema struct {
	*schema.Schema
	username, password string // columns
	typ                reflect.Type
	loaded             []userColumn // the columns to load a user from
}

// check returns an error that describes what is wrong with the user model.
func (s *userSchema) check() error {
	if s.PrioritizedPrimaryField == nil {
		return errors.New("it has no single primary key")
	}
	if strings.Contains(s.Table, ".") {
		return fmt.Errorf("the table %s is in a schema of its own; set the search_path instead", s.Table)
	}
	columns := []struct{ setting, column string }{
		{"UsernameField", s.username}, {"PasswordField", s.password},
	}
	for _, named := range columns {
		field := s.FieldsByDBName[named.column]
		if field == nil {
			return fmt.Errorf("it has no column %q; set %s", named.column, named.setting)
		}
		if field.FieldType.Kind() != reflect.String {
			return fmt.Errorf("the column %q must be a string, not %s", named.column, field.FieldType)
		}
	}
	for _, clause := range s.QueryClauses {
		// a soft delete with a zero value other than NULL
		if soft, known := clause.(gorm.SoftDeleteQueryClause); !known || soft.ZeroValue.Valid {
			return fmt.Errorf("ginauth does not know the query clause %T, which may hide rows", clause)
		}
	}
	return nil
}

// columnsOf returns the columns to load a user from.
func columnsOf(s *schema.Schema) (list []userColumn) {
	for _, name := range s.DBNames {
		// other fields are computed by queries
		if f := s.FieldsByDBName[name]; f.Readable && (f.Creatable || f.Updatable) {
			list = append(list, userColumn{f, direct(f)})
		}
	}
	return list
}

// userColumn is a column of the user model. It is direct if database/sql scans
// into its field.
type userColumn struct {
	*schema.Field
	direct bool
}

// columns returns the names of the columns to load a user from.
func (s *userSchema) columns() []string {
	names := make([]string, len(s.loaded))
	for i, column := range s.loaded {
		names[i] = column.DBName
	}
	return names
}

// softDeleted returns the columns that are not NULL in a row that counts as
// deleted.
func (s *userSchema) softDeleted() (names []string) {
	for _, clause := range s.QueryClauses {
		if c, ok := clause.(gorm.SoftDeleteQueryClause); ok {
			names = append(names, c.Field.DBName)
		}
	}
	return names
}

// targets appends the destinations for Scan, in the order of columns. Those of
// columns that are not direct come from GORM's pools and may hold the values of
// another user until a row has been scanned into them.
func (s *userSchema) targets(ctx context.Context, user reflect.Value, targets []any) []any {
	for _, column := range s.loaded {
		if column.direct {
			targets = append(targets, column.ReflectValueOf(ctx, user).Addr().Interface())
		} else {
			targets = append(targets, column.NewValuePool.Get())
		}
	}
	return targets
}

// set sets the other fields, from targets that a row has been scanned into.
func (s *userSchema) set(ctx context.Context, user reflect.Value, targets []any) error {
	for i, column := range s.loaded {
		if column.direct {
			continue
		}
		if err := column.Set(ctx, user, targets[i]); err != nil {
			return err
		}
		column.NewValuePool.Put(targets[i])
	}
	return nil
}

// direct reports whether database/sql can scan into the field directly: it has
// no serializer, and the column is never NULL or the field can hold NULL. GORM
// sets all other fields.
func direct(f *schema.Field) bool {
	return f.Serializer == nil && (f.NotNull || f.PrimaryKey || f.FieldType.Kind() == reflect.Pointer)
}

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
