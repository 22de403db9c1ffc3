package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// GrantedObjects returns a sub-select of the primary keys of the objects of a model for which the user was granted a permission,
// itself or as a member of a group (guardian: get_objects_for_user with accept_global_perms=False). The permission is named
// "view_note" or "core.view_note". It asks nothing of the database; the sub-select can stand in any query on the user's:
//
//	query, args, all, err := user.GrantedObjects(label, "view_note", &Note{})
//	if err == nil && !all {
//		tx = tx.Where("id IN ("+query+")", args...)
//	}
//
// guardian stores keys as texts. The sub-select's type is that of the primary key of model, a GORM model or a pointer to one, so
// that the database can look the objects up by their keys; if model is nil it is a text. The query has GORM's placeholders.
//
// all is true for active superusers, to whom everything is granted; query is then empty. For inactive users the sub-select has
// no rows.
func (m *membership) GrantedObjects(of Label, perm string, model any) (query string, args []any, all bool, err error) {
	a, err := m.bound()
	if err != nil {
		return "", nil, false, err
	}
	codename, err := of.codename(perm)
	if err != nil {
		return "", nil, false, err
	}
	key, err := castTo(a.db, model)
	if err != nil {
		return "", nil, false, err
	}
	if a.superuser() {
		return "", nil, true, nil
	}
	if !a.user.Active() {
		return "SELECT " + key + ` FROM "guardian_userobjectpermission" g WHERE 1 = 0`, nil, false, nil
	}
	users, err := a.model()
	if err != nil {
		return "", nil, false, err
	}
	args = []any{a.key, of.App, of.Model, codename, a.key, of.App, of.Model, codename}
	return strings.ReplaceAll(users.sql.granted, grantedKey, key), args, false, nil
}

// grantedKey is what guardian stores of an object.
const grantedKey = `g."object_pk"`

// castTo returns the expression of a granted object's key in the type of the primary key of model. SQLite compares numbers with
// texts by itself, and better: a text that is no number is then nobody's key, where a cast would make it 0.
func castTo(db *gorm.DB, model any) (string, error) {
	if model == nil {
		return grantedKey, nil
	}
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(model); err != nil {
		return "", fmt.Errorf("models: primary key of %T: %w", model, err)
	}
	if stmt.Schema.PrioritizedPrimaryField == nil {
		return "", fmt.Errorf("models: %T has no single primary key", model)
	}
	switch typ := strings.ToLower(keyType(db, stmt.Schema.PrioritizedPrimaryField)); {
	case db.Name() != "postgres":
		return grantedKey, nil
	case strings.Contains(typ, "int"), strings.Contains(typ, "serial"):
		return "CAST(" + grantedKey + " AS bigint)", nil // an index of any integer type serves
	case strings.Contains(typ, "uuid"):
		return "CAST(" + grantedKey + " AS uuid)", nil
	default:
		return grantedKey, nil
	}
}
