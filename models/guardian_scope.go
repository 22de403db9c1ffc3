package models

import "errors"

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
