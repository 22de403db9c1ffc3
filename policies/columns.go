package policies

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm/schema"
)

// columns finds one column in structs of any type by GORM's schema, which it
// parses once for each type. A value with nothing but a name is ready for use,
// and safe for concurrent use.
type columns struct {
	name   string   // in the database or of the Go field; empty: the primary key
	fields sync.Map // reflect.Type -> *column
	parsed sync.Map // GORM's own cache
}

// value returns the column of row, a pointer to a struct.
func (c *columns) value(row any) (reflect.Value, error) {
	v := reflect.ValueOf(row)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}, fmt.Errorf("policies: %T is not a pointer to a struct", row)
	}
	field, err := c.field(v.Type(), row)
	if err != nil {
		return reflect.Value{}, err
	}
	return field.ReflectValueOf(context.Background(), v), nil
}

// field returns the column of a type of structs. It remembers types that lack
// the column too: finding that out takes a thousand times as long.
func (c *columns) field(typ reflect.Type, row any) (*schema.Field, error) {
	known, ok := c.fields.Load(typ)
	if !ok {
		field, err := c.parse(row)
		known, _ = c.fields.LoadOrStore(typ, &column{field, err})
	}
	found := known.(*column)
	return found.field, found.err
}

// column is a column, or why there is none.
type column struct {
	field *schema.Field
	err   error
}

func (c *columns) parse(row any) (*schema.Field, error) {
	s, err := schema.Parse(row, &c.parsed, schema.NamingStrategy{})
	if err != nil {
		return nil, fmt.Errorf("policies: %T: %w", row, err)
	}
	return lookUp(s, c.name)
}

// lookUp returns the field of that name, or the primary key if the name is
// empty.
func lookUp(s *schema.Schema, name string) (*schema.Field, error) {
	if name == "" {
		if s.PrioritizedPrimaryField == nil || len(s.PrimaryFields) != 1 {
			return nil, fmt.Errorf("policies: %s has no single primary key", s.Name)
		}
		return s.PrioritizedPrimaryField, nil
	}
	field := s.LookUpField(name)
	if field == nil || field.DBName == "" {
		there := strings.Join(similar(s.DBNames, name), ", ")
		return nil, fmt.Errorf("policies: %s has no column %q; it has %s", s.Name, name, there)
	}
	return field, nil
}

// similar returns the columns that begin with a name, or all if no name does.
func similar(columns []string, name string) []string {
	alike := slices.DeleteFunc(slices.Clone(columns), func(column string) bool {
		return !strings.HasPrefix(column, strings.ToLower(name))
	})
	if len(alike) == 0 {
		return columns
	}
	return alike
}
