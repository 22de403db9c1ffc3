package models

import (
	"context"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// userTable is the user model as the migrations see it.
type userTable struct {
	Name    string // e.g. "auth_user"
	PK      string // the column of the primary key, e.g. "id"
	PKType  string // its type in the database's dialect, e.g. "integer" or "uuid"
	Model   string // the model's name in lower case, e.g. "user": join tables call their column user_id
	Swapped bool   // the application's own table, which migrations do not make
}

func userTableOf(db *gorm.DB) (userTable, error) {
	m := userModelOf(db)
	s, err := describe(db, m)
	if err != nil {
		return userTable{}, err
	}
	t := userTable{Name: s.Table, PK: s.PrioritizedPrimaryField.DBName, PKType: "integer", Model: strings.ToLower(s.typ.Name())}
	if _, own := m.(AuthUserModel[User]); own {
		return t, nil
	}
	t.Swapped = true
	t.PKType = keyType(db, s.PrioritizedPrimaryField)
	return t, nil
}

// keyType is the type of a column that refers to the key, which is not generated itself.
func keyType(db *gorm.DB, key *schema.Field) string {
	reference := *key
	reference.AutoIncrement = false
	return db.DataTypeOf(&reference)
}

// userSchema is the user model as GORM has parsed it.
type userSchema struct {
	*schema.Schema
	username string
	typ      reflect.Type
}

// targets returns where Scan puts the columns of a row, in the order of s.DBNames, and what is to be done afterwards.
func (s *userSchema) targets(ctx context.Context, user reflect.Value) (targets []any, finish func() error) {
	var late []func() error
	for _, name := range s.DBNames {
		field := s.FieldsByDBName[name]
		if direct(field) {
			targets = append(targets, field.ReflectValueOf(ctx, user).Addr().Interface())
			continue
		}
		value := field.NewValuePool.Get()
		targets = append(targets, value)
		late = append(late, func() error {
			defer field.NewValuePool.Put(value)
			return field.Set(ctx, user, value)
		})
	}
	return targets, func() error {
		for _, set := range late {
			if err := set(); err != nil {
				return err
			}
		}
		return nil
	}
}

// direct reports whether database/sql can write the field by itself: no serializer, and no NULL that a plain Go value cannot
// hold. All others go GORM's way.
func direct(f *schema.Field) bool {
	return f.Serializer == nil && (f.NotNull || f.PrimaryKey || f.FieldType.Kind() == reflect.Pointer)
}
