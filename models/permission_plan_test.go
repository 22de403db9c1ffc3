package models_test

import (
	"regexp"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

// crowd creates many users, in three groups each, with many grants. Note 777 is
// shared with all, and user 100 has been granted every note.
var crowd = []string{
	"INSERT INTO auth_group (id, name) " + count + "SELECT i + 10, 'group ' || i FROM n WHERE i <= 500",
	"INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) " +
		count + "SELECT i + 100, '', false, 'user ' || (i + 100), '', '', '', false, true, '2024-01-01 00:00:00' FROM n",
	"INSERT INTO core_note (id, title, owner_id) " + count + "SELECT i + 1000, '', 1 FROM n",
	"INSERT INTO auth_user_groups (user_id, group_id) SELECT u.id, g.id FROM auth_user u JOIN auth_group g" +
		" ON g.id IN (11 + u.id % 500, 11 + (u.id + 7) % 500, 11 + (u.id + 13) % 500)",
	"INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT id, 1 + id % 52 FROM auth_user WHERE id > 100",
	"INSERT INTO auth_group_permissions (group_id, permission_id) SELECT g.id, p.id FROM auth_group g JOIN auth_permission p" +
		" ON p.id % 5 = g.id % 5 WHERE g.id > 10",
	"INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id) SELECT '777', 13, 52, id FROM auth_user",
	"INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)" +
		" SELECT CAST(id AS text), 13, 52, 101 FROM core_note WHERE id > 1000",
	"INSERT INTO guardian_groupobjectpermission (object_pk, content_type_id, permission_id, group_id)" +
		" SELECT CAST(id AS text), 13, 49 + id % 4, 11 + id % 500 FROM core_note WHERE id > 1000",
}

const count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "

// slowPlan matches a line of a plan that reads all of a table that grows with
// users or objects, or all grants for an object. On SQLite, which follows the
// order of the query, it also matches a line that reads all grants of a user.
// The aliases are those of the queries.
var slowPlan = map[string]*regexp.Regexp{
	"sqlite":   regexp.MustCompile(`SCAN (m|g|r|auth_|guardian_|core_note)|guardian_\w+_idx|guardian_\w+_id_[0-9a-f]{8} `),
	"postgres": regexp.MustCompile(`Seq Scan on (auth_user|guardian_|core_note)|guardian_\w+_idx`),
}

// TestQueriesUseIndexes explains every query that a user makes, in a database
// where reading a whole table would be slow.
func TestQueriesUseIndexes(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short asks no planner")
	}
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		modeltest.Execute(t, db, crowd...)
		if db.Name() == "postgres" { // PostgreSQL does so by itself, in time
			modeltest.Execute(t, db, "ANALYZE")
		}
		recorded, recorder := dbtest.Record(db)
		for _, name := range []string{"user 101", "user 5000"} {
			user := loaded(t, recorded, name)
			recorder.Queries()
			_, inGroup := user.InGroup(t.Context(), "editors")
			_, hasPerm := user.HasPerm(t.Context(), "core.view_note")
			_, shared := user.HasObjectPerm(t.Context(), "view_note", &Note{ID: 777})
			_, all := user.AllPermissions(t.Context())
			both := loaded(t, recorded, name).Preload(t.Context(), true, "core.view_note", "core.add_note")
			for _, err := range []error{inGroup, hasPerm, shared, all, both} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if name == "user 5000" { // the other user has all
				visible(t, recorded, user, "view_note")
			}
			queries := recorder.Queries()
			for _, q := range queries {
				if plan := dbtest.Plan(t, db, q); slowPlan[db.Name()].MatchString(plan) || plan == "" {
					t.Errorf("%s\n%s", q.Text, plan)
				}
			}
			if len(queries) < 6 {
				t.Errorf("only %d queries were recorded", len(queries))
			}
		}
	})
}
