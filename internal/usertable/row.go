package usertable

import (
	"context"
	"reflect"

	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/epoch"
)

// column is a column of the user model. It is direct if database/sql scans into
// its field.
type column struct {
	*schema.Field
	direct bool
}

// columnsOf returns the columns to load a user from.
func columnsOf(s *schema.Schema) (list []column) {
	for _, name := range s.DBNames {
		// other fields are computed by queries
		if f := s.FieldsByDBName[name]; f.Readable && (f.Creatable || f.Updatable) {
			list = append(list, column{f, direct(f)})
		}
	}
	return list
}

// direct reports whether database/sql can scan into the field directly: it has
// no serializer, and the column is never NULL or the field can hold NULL. GORM
// sets all other fields.
func direct(f *schema.Field) bool {
	return f.Serializer == nil && (f.NotNull || f.PrimaryKey || f.FieldType.Kind() == reflect.Pointer)
}

// Owner is what the users of a row belong to.
type Owner interface {
	Table() *Table

	// Loaded is told of each user, so that the user can query the database. e
	// is the epoch that it was loaded in, or nil if the query does not read it.
	Loaded(user User, e *epoch.Epoch)
}

// Row is the destination of one user in a result. It is not safe for concurrent
// use.
type Row struct {
	// Targets are the destinations for Scan of the columns of [SQL].
	Targets []any

	Epoch epoch.Epoch // room for it, if a query reads it

	owner Owner
	user  User
}

// moreTargets is room for destinations of other columns after the user's.
const moreTargets = 4

// NewRow returns a destination for one user.
func NewRow(ctx context.Context, owner Owner) *Row {
	t := owner.Table()
	value := reflect.New(t.Type)
	targets := make([]any, 0, len(t.loaded)+moreTargets)
	return &Row{Targets: t.targets(ctx, value.Elem(), targets), owner: owner, user: value.Interface().(User)}
}

// User returns the user that a query has read, loaded in the given epoch, if it
// is not nil. The user can query the database for its groups and permissions.
func (r *Row) User(loaded *epoch.Epoch) (User, error) {
	err := r.owner.Table().set(context.Background(), reflect.ValueOf(r.user).Elem(), r.Targets)
	if err != nil {
		return nil, err
	}
	r.owner.Loaded(r.user, loaded)
	return r.user, nil
}

// Blank returns the user with zero fields, before a query has read one.
func (r *Row) Blank() User {
	r.owner.Loaded(r.user, nil)
	return r.user
}

// targets appends the destinations for Scan, in the order of columns. Those of
// columns that are not direct come from GORM's pools and may hold the values of
// another user until a row has been scanned into them.
func (t *Table) targets(ctx context.Context, user reflect.Value, targets []any) []any {
	for _, column := range t.loaded {
		if column.direct {
			targets = append(targets, column.ReflectValueOf(ctx, user).Addr().Interface())
		} else {
			targets = append(targets, column.NewValuePool.Get())
		}
	}
	return targets
}

// set sets the other fields, from targets that a row has been scanned into.
func (t *Table) set(ctx context.Context, user reflect.Value, targets []any) error {
	for i, column := range t.loaded {
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
