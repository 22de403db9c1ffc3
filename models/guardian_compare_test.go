package models_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// keyed is a row whose key is a T in Go, and of any type in the database.
type keyed[T any] struct {
	Key T `gorm:"primaryKey;autoIncrement:false"`
}

func (keyed[T]) TableName() string  { return "site_keyed" }
func (keyed[T]) ModelLabel() string { return "site.keyed" }

// declared is a row whose key declares its type in its tag.
type declared struct {
	Key string `gorm:"primaryKey;type:uuid"`
}

func (declared) TableName() string  { return "site_keyed" }
func (declared) ModelLabel() string { return "site.keyed" }

type declaredText struct {
	Key string `gorm:"primaryKey;type:text"`
}

func (declaredText) TableName() string  { return "site_keyed" }
func (declaredText) ModelLabel() string { return "site.keyed" }

// agreement returns what the list holds and what the check of each row allows.
func agreement[M any](t *testing.T, db *gorm.DB) string {
	t.Helper()
	ctx, user, label := context.Background(), loaded(t, db, "alice"), models.Label{App: "site", Model: "keyed"}
	var rows, listed []M
	if err := db.Order(clause.OrderByColumn{Column: clause.PrimaryColumn}).Find(&rows).Error; err != nil {
		return err.Error()
	}
	query, args, _, err := user.GrantedObjects(label, "view_keyed", new(M))
	if err != nil {
		return err.Error()
	}
	condition := clause.Expr{SQL: "? IN (" + query + ")", Vars: append([]any{clause.PrimaryColumn}, args...)}
	failed := db.Where(condition).Find(&listed).Error
	result := ""
	for i := range rows {
		has, err := user.ObjectPermsOf(ctx, label, &rows[i])
		if (err == nil) != (failed == nil) {
			return fmt.Sprintf("checked with %v, listed with %v", err, failed)
		}
		inList := slices.ContainsFunc(listed, func(row M) bool { return fmt.Sprint(row) == fmt.Sprint(rows[i]) })
		if has("view_keyed") != inList {
			return fmt.Sprintf("%v is checked %v and listed %v", rows[i], has("view_keyed"), inList)
		}
		if inList {
			result += fmt.Sprint(i + 1)
		}
	}
	if failed != nil {
		return "fails"
	}
	return result
}

// TestGrantsOfEveryType checks that the list holds what the check allows,
// whatever the type of the key, for grants as Django writes them. Rows are
// numbered in the order of their keys.
func TestGrantsOfEveryType(t *testing.T) {
	t.Parallel()
	const both, postgres = "sqlite postgres", "postgres"
	id, hex := "0b0fa2f0-9d2b-4e5c-8b0a-112233445566", "0b0fa2f09d2b4e5c8b0a112233445566"
	type ask = func(*testing.T, *gorm.DB) string
	for _, row := range []struct {
		on, typ      string
		ask          ask
		keys, grants []string
		want         string
	}{
		{both, "integer", agreement[keyed[int64]], []string{"0", "1", "12"}, []string{"0", "12"}, "13"},
		{both, "integer", agreement[keyed[int32]], []string{"1", "2", "3", "4"},
			[]string{"01", "+2", " 3", "4.0", "x", "", "99999999999999999999"}, ""},
		{both, "bigint", agreement[keyed[int64]], []string{"-9223372036854775808", "-1", "9223372036854775807"},
			[]string{"-9223372036854775808", "-1", "9223372036854775807", "9223372036854775808"}, "123"},
		{both, "text", agreement[keyed[string]], []string{"", "A", "a", "b "}, []string{"", "a", "b"}, "13"},
		{both, "varchar(20)", agreement[declaredText], []string{"", "A", "a", "b "}, []string{"", "a", "b"}, "13"},
		{"sqlite", "char(32)", agreement[keyed[uuid.UUID]], []string{hex, "1" + hex[1:]}, []string{id}, "1"},
		{"sqlite", "text", agreement[keyed[uuid.UUID]], []string{id, "1" + id[1:]}, []string{id}, "1"},
		{"sqlite", "real", agreement[keyed[float64]], []string{"1.0", "2.5"}, []string{"1.0", "2.5"}, "12"},
		{postgres, "uuid", agreement[keyed[uuid.UUID]], []string{"00000000-0000-0000-0000-000000000000", id},
			[]string{id, "00000000-0000-0000-0000-000000000000"}, "12"},
		{postgres, "uuid", agreement[declared], []string{id, "1" + id[1:]}, []string{id, "no uuid", "1" + hex[1:]}, "1"},
		{postgres, "inet", agreement[keyed[string]], []string{"10.0.0.1", "10.0.0.2/24", "::1"}, []string{"10.0.0.1", "::1/128"}, "23"},
		{postgres, "cidr", agreement[keyed[string]], []string{"10.0.0.0/8", "11.0.0.0/8"}, []string{"10.0.0.0/8"}, "1"},
		{postgres, "macaddr", agreement[keyed[string]], []string{"08:00:2b:01:02:03", "08:00:2b:01:02:04"}, []string{"08-00-2B-01-02-03"}, "1"},
		{postgres, "numeric", agreement[keyed[string]], []string{"1.00", "2.5"}, []string{"1.0", "2.50"}, "12"},
		{postgres, "numeric(6,2)", agreement[keyed[string]], []string{"1.00", "1.24"}, []string{"1"}, "1"},
		{postgres, "double precision", agreement[keyed[float64]], []string{"0", "1.5", "1e16"}, []string{"0.0", "1e+16"}, "13"},
		{postgres, "date", agreement[keyed[time.Time]], []string{"2024-01-02", "2024-01-03"}, []string{"2024-01-02"}, "1"},
		{postgres, "timestamptz", agreement[keyed[time.Time]], []string{"2024-01-02 03:04:05+00", "2024-01-02 03:04:05.123456+00"},
			[]string{"2024-01-02 03:04:05.123456+00:00", "2024-01-02 04:04:05+01:00"}, "12"},
		{postgres, "bytea", agreement[keyed[[]byte]], []string{`\x01`, `\x0102`}, []string{`\x0102`}, "2"},
		{postgres, "char(5)", agreement[keyed[string]], []string{"abc", "abd"}, []string{"abc"}, "1"},
		{postgres, "char(5)", agreement[keyed[string]], []string{"abc", "abd"}, []string{"abd  "}, "2"},
		{postgres, "boolean", agreement[keyed[bool]], []string{"false", "true"}, []string{"False"}, "1"},
		{postgres, "money", agreement[keyed[string]], []string{"1.00", "2.00"}, []string{"$2.00"}, "2"},
		{postgres, "interval", agreement[keyed[string]], []string{"1 hour", "2 days"}, []string{"1:00:00"}, "1"},
		{postgres, "mood", agreement[keyed[string]], []string{"sad", "happy"}, []string{"happy"}, "2"},
		{postgres, "positive", agreement[keyed[int64]], []string{"1", "2"}, []string{"2"}, "2"},
		{postgres, "word", agreement[keyed[string]], []string{"a", "b"}, []string{"b"}, "2"},
		{postgres, "inet", agreement[keyed[string]], []string{"10.0.0.1"}, []string{"10.0.0.1", "no address"}, "fails"},
	} {
		dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
			if !strings.Contains(row.on, db.Name()) {
				return
			}
			t.Parallel()
			modeltest.Migrated(t, db)
			modeltest.Create(t, db, "alice", "")
			if db.Name() == "postgres" {
				modeltest.Execute(t, db, "CREATE TYPE mood AS ENUM ('sad', 'happy')",
					"CREATE DOMAIN positive AS bigint CHECK (VALUE > 0)", "CREATE DOMAIN word AS text")
			}
			modeltest.Execute(t, db, "CREATE TABLE site_keyed (key "+row.typ+" PRIMARY KEY)")
			if err := models.SyncPermissions(t.Context(), db, &keyed[int64]{}); err != nil {
				t.Fatal(err)
			}
			for _, key := range row.keys {
				modeltest.Execute(t, db, "INSERT INTO site_keyed VALUES ('"+key+"')")
			}
			for _, key := range row.grants {
				modeltest.Execute(t, db, `INSERT INTO guardian_userobjectpermission
					(object_pk, content_type_id, permission_id, user_id) SELECT '`+key+`',
					p.content_type_id, p.id, u.id FROM auth_permission p, auth_user u WHERE p.codename = 'view_keyed'`)
			}
			if got := row.ask(t, db); got != row.want {
				t.Errorf("%s, granted %q: %s, want %s", row.typ, row.grants, got, row.want)
			}
		})
	}
}
