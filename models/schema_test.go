package models_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

// djangoTables are the Django tables that Migrate makes.
var djangoTables = []string{
	"auth_group", "auth_group_permissions", "auth_permission", "auth_user", "auth_user_groups", "auth_user_user_permissions",
	"authtoken_token", "django_content_type", "django_migrations", "django_session",
	"guardian_groupobjectpermission", "guardian_userobjectpermission",
	"rest_framework_api_key_apikey", "token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken",
}

var newDatabase = map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}

// TestSchemaIsDjangos compares the tables with those that real Django made, see
// package fixture.
func TestSchemaIsDjangos(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, ours *gorm.DB) {
		theirs := dbtest.Open(t, newDatabase[ours.Name()](t))
		dbtest.Fixture(t, theirs)
		modeltest.Migrate(t, ours)
		got, want := slices.DeleteFunc(catalog(t, ours), isOwn), catalog(t, theirs)
		want = slices.DeleteFunc(want, func(o object) bool { return !slices.Contains(djangoTables, o.Table) })
		for i, o := range want { // as api-key 2.2 changed them
			if o.Table == "rest_framework_api_key_apikey" && (o.Name == "id" || o.Name == "hashed_key") {
				want[i].Definition = strings.Replace(o.Definition, "100", "150", 1)
			}
		}
		if len(want) < 68 {
			t.Fatalf("the yardstick is incomplete: %v", want)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// isOwn reports whether an object belongs to a table that Django does not have.
func isOwn(o object) bool { return strings.HasPrefix(o.Table, "ginauth_") }

// object is a column, a constraint, an index or a sequence.
type object struct{ Table, Kind, Name, Definition string }

// catalog lists the objects of a database, without the one difference of Django
// 3.2: its keys were serial.
func catalog(t *testing.T, db *gorm.DB) []object {
	t.Helper()
	var objects []object
	if db.Name() == "postgres" {
		objects = postgresCatalog(t, db)
	} else {
		objects = sqliteCatalog(t, db)
	}
	slices.SortFunc(objects, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return objects
}

func postgresCatalog(t *testing.T, db *gorm.DB) []object {
	t.Helper()
	var all []object
	for _, query := range []string{
		`SELECT table_name AS "table", 'column' AS kind, column_name AS name,
			concat_ws(' ', ordinal_position, data_type, character_maximum_length, is_nullable,
				CASE WHEN is_identity = 'YES' OR column_default LIKE 'nextval(%' THEN 'numbered' ELSE column_default END) AS definition
			FROM information_schema.columns WHERE table_schema = 'public'`,
		`SELECT conrelid::regclass AS "table", 'constraint ' || contype::text AS kind, conname AS name, pg_get_constraintdef(oid) AS definition
			FROM pg_constraint WHERE connamespace = 'public'::regnamespace`,
		`SELECT tablename AS "table", 'index' AS kind, indexname AS name, indexdef AS definition
			FROM pg_indexes WHERE schemaname = 'public'`,
		`SELECT refobjid::regclass AS "table", 'sequence' AS kind, relname AS name, seqtypid::regtype || ' ' || seqstart AS definition
			FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid JOIN pg_depend d ON objid = c.oid AND deptype IN ('a', 'i')`,
	} {
		var objects []object
		if err := db.Raw(query).Scan(&objects).Error; err != nil {
			t.Fatal(err)
		}
		all = append(all, objects...)
	}
	return all
}

// sqliteCatalog reads the statements that SQLite keeps. Django compares words
// too: it finds constraints by parsing them. A later migration of Django
// changes the order of columns, which sqliteCatalog ignores.
func sqliteCatalog(t *testing.T, db *gorm.DB) []object {
	t.Helper()
	var stored []object
	err := db.Raw(`SELECT tbl_name AS "table", type AS kind, name, sql AS definition
		FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`).Scan(&stored).Error
	if err != nil {
		t.Fatal(err)
	}
	var objects []object
	for _, o := range stored {
		columns, isTable := strings.CutPrefix(o.Definition, fmt.Sprintf(`CREATE TABLE "%s" (`, o.Table))
		if !isTable {
			objects = append(objects, o)
			continue
		}
		for column := range strings.SplitSeq(strings.TrimSuffix(columns, ")"), `, "`) {
			name, definition, _ := strings.Cut(strings.TrimPrefix(column, `"`), `" `)
			objects = append(objects, object{o.Table, "column", name, definition})
		}
	}
	return objects
}
