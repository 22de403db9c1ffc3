package models

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// HasObjectPerm reports whether the user was granted a permission for obj,
// directly or as a member of a group (Django's has_perm with an object, by
// guardian's backend). obj is a stored GORM model or a pointer to one. The
// permission is named "core.change_note" or "change_note". Permissions for the
// whole model do not count. Active superusers have every permission; inactive
// users have none.
//
// It costs one query. To ask more than one question about an object use
// ObjectPerms.
func (m *membership) HasObjectPerm(ctx context.Context, perm string, obj any) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	label, err := labelOf(a.db, obj)
	if err != nil {
		return false, err
	}
	if err := stored(a.db, obj); err != nil {
		return false, err
	}
	if _, err := label.codename(perm); err != nil {
		return false, err
	}
	has, err := m.ObjectPermsOf(ctx, label, obj)
	return has(perm), err
}

// stored returns an error for an object whose key is zero, like that of an
// object not yet stored.
func stored(db *gorm.DB, obj any) error {
	value, err := structOf(obj)
	if err != nil {
		return err
	}
	c, err := compare(db, obj)
	if err != nil {
		return err
	}
	if _, zero := c.field.ValueOf(context.Background(), value); zero {
		return fmt.Errorf("models: %T has no primary key yet; "+
			"store it first, or ask ObjectPermsOf about a stored one", obj)
	}
	return nil
}

func nothing(string) bool    { return false }
func everything(string) bool { return true }

// ObjectPermsOf returns a function that reports whether the user was granted a
// permission for obj (see HasObjectPerm), named "change_note" or with its app
// "core.change_note". It costs one query. obj is a stored GORM model of that
// label or a pointer to one. Its key may be zero, as that of a row can be.
func (m *membership) ObjectPermsOf(ctx context.Context, of Label, obj any) (has func(perm string) bool, err error) {
	a, err := m.bound()
	if err != nil {
		return nothing, err
	}
	value, err := structOf(obj)
	if err != nil {
		return nothing, err
	}
	c, err := compare(a.db, obj)
	if err != nil {
		return nothing, err
	}
	key, _ := c.field.ValueOf(ctx, value)
	if c.byText {
		text, ok := fieldText(key, c.field)
		if !ok {
			return nothing, c.unstorable(obj)
		}
		return m.ObjectPerms(ctx, of, text)
	}
	return a.objectPerms(ctx, of, key, func(query string) string { return c.ofRow(a.db, query) })
}

// ObjectPerms is ObjectPermsOf for an object that is named by its primary key,
// in the text that guardian stores.
func (m *membership) ObjectPerms(ctx context.Context, of Label, pk string) (has func(perm string) bool, err error) {
	a, err := m.bound()
	if err != nil || !a.user.Active() {
		return nothing, err
	}
	if pk != "" && !sqlkit.Storable(pk, djangoschema.MaxObjectPK) && !a.superuser() {
		return nothing, nil
	}
	return a.objectPerms(ctx, of, pk, func(query string) string { return query })
}

// objectPerms runs a query that takes the key, unless the answer is known.
func (a *account) objectPerms(
	ctx context.Context, of Label, key any, by func(query string) string,
) (has func(perm string) bool, err error) {
	if !a.user.Active() {
		return nothing, nil
	}
	if a.superuser() {
		return everything, nil
	}
	users, err := a.model()
	if err != nil {
		return nothing, err
	}
	codenames, err := users.texts(ctx, by(users.sql.objectPerms),
		of.App, of.Model, a.key, key, of.App, of.Model, a.key, key)
	if err != nil {
		return nothing, fmt.Errorf("find object permissions: %w", err)
	}
	return func(perm string) bool {
		app, codename, dotted := strings.Cut(perm, ".")
		if !dotted {
			return codenames[perm]
		}
		return app == of.App && codenames[codename]
	}, nil
}

// objectPK returns the primary key of obj, a GORM model or a pointer to one, as
// guardian stores it, which is Python's str(obj.pk): digits, a text as it is, a
// UUID with hyphens, an address, a time in UTC. A zero key is an error, because
// an object that is not stored yet has one; leave grants for a row with such a
// key to Django.
func objectPK(db *gorm.DB, obj any) (string, error) {
	if db == nil {
		return "", errNilDatabase
	}
	value, err := structOf(obj)
	if err != nil {
		return "", err
	}
	c, err := compare(db, obj)
	if err != nil {
		return "", err
	}
	key, zero := c.field.ValueOf(context.Background(), value)
	if zero {
		return "", fmt.Errorf("models: %T has no primary key yet; store it first", obj)
	}
	text, ok := fieldText(key, c.field)
	if !ok {
		return "", c.unstorable(obj)
	}
	return text, nil
}

func (c comparison) unstorable(obj any) error {
	return fmt.Errorf("models: the primary key of %T is a %s, which guardian cannot store", obj, c.field.FieldType)
}

// structOf returns the struct that obj is or points to.
func structOf(obj any) (reflect.Value, error) {
	value := reflect.ValueOf(obj)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return value, fmt.Errorf("models: primary key of %T: it is not a GORM model", obj)
	}
	return value, nil
}

// fieldText returns Python's str of a key. If the column is of type uuid, that
// is the str of a UUID.
func fieldText(key any, field *schema.Field) (text string, ok bool) {
	text, ok = sqlkit.KeyText(key)
	if !ok || !strings.EqualFold(field.TagSettings["TYPE"], "uuid") {
		return text, ok
	}
	digits, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(text, "{}"), "-", ""))
	if err != nil || len(digits) != 16 {
		return text, true
	}
	return sqlkit.UUIDText([16]byte(digits)), true
}

// identify returns the label and the key of an object.
func identify(db *gorm.DB, obj any) (label Label, pk string, err error) {
	if label, err = labelOf(db, obj); err != nil {
		return Label{}, "", err
	}
	pk, err = objectPK(db, obj)
	return label, pk, err
}

// GrantedObjects returns a sub-select of the primary keys of the objects of a
// model for which the user was granted a permission, directly or as a member of
// a group (guardian: get_objects_for_user with accept_global_perms=False). The
// permission is named "view_note" or "core.view_note". It does not query the
// database; the sub-select can stand in any query on the user's database:
//
//	query, args, all, err := user.GrantedObjects(label, "view_note", &Note{})
//	if err == nil && !all {
//		tx = tx.Where("id IN ("+query+")", args...)
//	}
//
// guardian stores keys as texts. The sub-select has the type of the primary key
// of model, a GORM model or a pointer to one, so that the database can look the
// objects up by their keys; if model is nil it is a text. The query has GORM's
// placeholders. It contains exactly the objects for which HasObjectPerm is
// true. Keys that are integers, UUIDs or texts match only the text that
// guardian would write. The database reads and compares keys of other types,
// such as inet; a text that is not of the type is then an error.
//
// all is true for active superusers, who are granted everything; query is then
// empty. For inactive users the sub-select has no rows.
func (m *membership) GrantedObjects(of Label, perm string, model any) (query string, args []any, all bool, err error) {
	a, err := m.bound()
	if err != nil {
		return "", nil, false, err
	}
	codename, err := of.codename(perm)
	if err == nil && codename == "" {
		err = errors.New("models: GrantedObjects was given no permission; name one, such as view_note")
	}
	if err != nil {
		return "", nil, false, err
	}
	c := comparison{keys: []string{grantedKey}}
	if model != nil {
		if c, err = compare(a.db, model); err != nil {
			return "", nil, false, err
		}
	}
	if a.superuser() {
		return "", nil, true, nil
	}
	if !a.user.Active() {
		return "SELECT " + c.keys[0] + ` FROM "guardian_userobjectpermission" g WHERE 1 = 0`, nil, false, nil
	}
	users, err := a.model()
	if err != nil {
		return "", nil, false, err
	}
	query, times := c.granted(users.sql.granted)
	for range 2 * times { // the user's own grants, and those of groups
		args = append(args, a.key, of.App, of.Model, codename)
	}
	return query, args, false, nil
}

// grantedKey is the column in which guardian stores an object's key.
const grantedKey = `g."object_pk"`
