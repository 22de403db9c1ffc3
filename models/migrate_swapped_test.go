package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// Device is a user model without groups, whose key is a text.
type Device struct {
	Serial string `gorm:"primaryKey;size:40"`
	models.AbstractBaseUser
}

func (*Device) Active() bool { return true }

func TestMigrateSwappedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
		modeltest.AutoMigrate(t, db, &modeltest.Member{})
		modeltest.Migrate(t, db)
		tables := []string{
			"auth_group", "auth_group_permissions", "auth_permission", "authtoken_token", "django_content_type", "django_migrations",
			"django_session", "ginauth_access_token", "ginauth_api_key", "ginauth_audit", "ginauth_epoch", "ginauth_lease", "ginauth_login_failure", "ginauth_refresh_token", "ginauth_service", "ginauth_session",
			"ginauth_token_family", "guardian_groupobjectpermission", "guardian_userobjectpermission", "members",
			"members_groups", "members_user_permissions",
			"rest_framework_api_key_apikey",
			"token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken",
		}
		checkTables(t, db, tables)
		key := map[string]string{"sqlite": "integer", "postgres": "bigint"}[db.Name()]
		checkForeignKey(t, db, "authtoken_token", "user_id", key, "members")
		checkForeignKey(t, db, "token_blacklist_outstandingtoken", "user_id", key, "members")
		checkForeignKey(t, db, "members_groups", "member_id", key, "members")
		checkForeignKey(t, db, "members_user_permissions", "member_id", key, "members")
		checkForeignKey(t, db, "guardian_userobjectpermission", "user_id", key, "members")
		for _, name := range recorded(t, db) {
			if app, _, _ := strings.Cut(name, "."); slices.Contains([]string{"authtoken", "guardian", "token_blacklist"}, app) {
				t.Errorf("%s is recorded", name)
			}
		}
		modeltest.Execute(t, db, "DROP TABLE members_groups", "DROP TABLE guardian_groupobjectpermission",
			"DROP TABLE guardian_userobjectpermission")
		modeltest.Migrate(t, db)
		checkTables(t, db, tables)
	})
}

func TestMigrateSwappedUserWithoutGroups(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[Device]{UsernameField: "serial"})
		modeltest.AutoMigrate(t, db, &Device{})
		modeltest.Migrate(t, db)
		checkTables(t, db, []string{
			"auth_group", "auth_group_permissions", "auth_permission", "authtoken_token", "devices", "django_content_type", "django_migrations",
			"django_session", "ginauth_access_token", "ginauth_api_key", "ginauth_audit", "ginauth_epoch", "ginauth_lease", "ginauth_login_failure", "ginauth_refresh_token",
			"ginauth_service", "ginauth_session", "ginauth_token_family",
			"rest_framework_api_key_apikey", "token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken",
		})
		key := map[string]string{"sqlite": "text", "postgres": "varchar(40)"}[db.Name()]
		checkForeignKey(t, db, "authtoken_token", "user_id", key, "devices")
	})
}

func TestMigrateSwappedUserWithoutTable(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
		if err := models.Migrate(db); err == nil || !strings.Contains(err.Error(), `table "members" does not exist`) {
			t.Errorf("error: %v", err)
		}
		checkTables(t, db, nil)
	})
}

func checkTables(t *testing.T, db *gorm.DB, want []string) {
	t.Helper()
	got, err := db.Migrator().GetTables()
	got = slices.DeleteFunc(got, func(name string) bool { return name == "sqlite_sequence" })
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("tables %q, %v, want %q", got, err, want)
	}
}

func checkForeignKey(t *testing.T, db *gorm.DB, table, column, typ, to string) {
	t.Helper()
	query := `SELECT upper(c.type) || ' ' || k."table" FROM pragma_table_info(@table) c
		JOIN pragma_foreign_key_list(@table) k ON k."from" = c.name
		WHERE c.name = @column`
	if db.Name() == "postgres" {
		query = `SELECT upper(format_type(atttypid, atttypmod)) || ' ' || confrelid::regclass FROM pg_attribute
			JOIN pg_constraint ON conrelid = attrelid AND contype = 'f' AND conkey = ARRAY[attnum]
			WHERE attrelid = CAST(@table AS regclass) AND attname = @column`
	}
	var got string
	err := db.Raw(query, map[string]any{"table": table, "column": column}).Row().Scan(&got)
	got = strings.Replace(got, "CHARACTER VARYING", "VARCHAR", 1)
	if want := fmt.Sprint(strings.ToUpper(typ), " ", to); err != nil || got != want {
		t.Errorf("%s.%s is %s, %v, want %s", table, column, got, err, want)
	}
}
