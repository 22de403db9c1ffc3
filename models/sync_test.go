package models_test

import (
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// These classes have names that Django splits in ways that are not obvious.
type (
	A             struct{ ID int }
	AB            struct{ ID int }
	ABc           struct{ ID int }
	BlogPost      struct{ ID int }
	HTTPServerLog struct{ ID int }
	Note2Self     struct{ ID int }
	PageX         struct{ ID int }
	Snake_Case    struct{ ID int }
	IPv6Address   struct{ ID int }
)

func (A) TableName() string             { return "names_a" }
func (AB) TableName() string            { return "names_ab" }
func (ABc) TableName() string           { return "names_abc" }
func (BlogPost) TableName() string      { return "names_blogpost" }
func (HTTPServerLog) TableName() string { return "names_httpserverlog" }
func (Note2Self) TableName() string     { return "names_note2self" }
func (PageX) TableName() string         { return "names_pagex" }
func (Snake_Case) TableName() string    { return "names_snake_case" }
func (IPv6Address) TableName() string   { return "names_ipv6address" }

// named holds those classes, with Django's names for them.
// TestDjangoNamesPermissions checks them against Django.
var named = []struct {
	model       any
	class, name string
}{
	{&A{}, "A", "a"},
	{&AB{}, "AB", "ab"},
	{&ABc{}, "ABc", "a bc"},
	{&BlogPost{}, "BlogPost", "blog post"},
	{&HTTPServerLog{}, "HTTPServerLog", "http server log"},
	{&Note2Self{}, "Note2Self", "note2 self"},
	{&PageX{}, "PageX", "page x"},
	{&Snake_Case{}, "Snake_Case", "snake_ case"},
	{&IPv6Address{}, "IPv6Address", "i pv6 address"},
}

func syncPermissions(t *testing.T, db *gorm.DB, list ...any) {
	t.Helper()
	if err := models.SyncPermissions(t.Context(), db, list...); err != nil {
		t.Fatal(err)
	}
}

// permissionRows returns all permissions as "app.model codename name".
func permissionRows(t *testing.T, db *gorm.DB) (rows []string) {
	t.Helper()
	err := db.Raw(`SELECT c.app_label || '.' || c.model || ' ' || p.codename || ' ' || p.name
		FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id ORDER BY p.id`).Scan(&rows).Error
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSyncPermissions(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		want := []string{
			"core.note add_note Can add note",
			"core.note change_note Can change note",
			"core.note delete_note Can delete note",
			"core.note view_note Can view note",
			"keys.apikey add_apikey Can add api key",
			"keys.apikey change_apikey Can change api key",
			"keys.apikey delete_apikey Can delete api key",
			"keys.apikey view_apikey Can view api key",
		}
		for range 2 {
			syncPermissions(t, db, &Note{}, APIKey{}, &Note{})
			if diff := gocmp.Diff(want, permissionRows(t, db)); diff != "" {
				t.Error(diff)
			}
		}
		syncPermissions(t, db)
		for _, c := range named {
			syncPermissions(t, db, c.model)
			rows := permissionRows(t, db)
			if got := rows[len(rows)-1]; !strings.HasSuffix(got, " Can view "+c.name) {
				t.Errorf("%s: %s", c.class, got)
			}
		}
	})
}

// TestSyncPermissionsOfAnotherName checks that a struct whose name differs from
// its Django class gets its name from the label.
func TestSyncPermissionsOfAnotherName(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	modeltest.Migrate(t, db)
	syncPermissions(t, db, &camel{})
	if rows := permissionRows(t, db); rows[0] != "siteApp.note add_note Can add note" {
		t.Error(rows)
	}
}

// TestSyncPermissionsChangesNothing checks that existing rows stay as they are
// and missing ones are added.
func TestSyncPermissionsChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		modeltest.Execute(t, db, "UPDATE auth_permission SET name = 'Darf lesen' WHERE codename = 'view_note'",
			"INSERT INTO auth_permission (name, content_type_id, codename)"+
				" SELECT 'Can publish', id, 'publish_note' FROM django_content_type WHERE model = 'note'",
			"DELETE FROM guardian_userobjectpermission", "DELETE FROM auth_user_user_permissions",
			"DELETE FROM auth_permission WHERE codename = 'delete_note'")
		before := permissionRows(t, db)
		syncPermissions(t, db, &Note{}, &models.User{}, &models.Group{}, &models.Permission{}, &models.ContentType{})
		want := append(before, "core.note delete_note Can delete note")
		if diff := gocmp.Diff(want, permissionRows(t, db)); diff != "" {
			t.Error(diff)
		}
		var id, types int
		db.Raw("SELECT id FROM auth_permission WHERE codename = 'delete_note'").Scan(&id)
		db.Raw("SELECT count(*) FROM django_content_type").Scan(&types)
		// after the fixture's 52 and the one above: no number was used up
		if id != 54 || types != 13 {
			t.Errorf("the new row is %d, of %d content types", id, types)
		}
	})
}

func TestSyncPermissionsDoesNotWriteIfThereIsNothingToDo(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		syncPermissions(t, counted, &Note{}, &models.User{})
		if n := counter.Statements(); n != 1 {
			t.Errorf("%d statements", n)
		}
	})
}

func TestSyncPermissionsBySeveralProcesses(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		first := dbtest.Open(t, url)
		modeltest.Migrate(t, first)
		results := make(chan error)
		const processes = 8
		for i := range processes {
			db := dbtest.Open(t, url)
			list := []any{&Note{}, &APIKey{}, &BlogPost{}}
			if i%2 == 0 {
				list[0], list[2] = list[2], list[0]
			}
			go func() { results <- models.SyncPermissions(t.Context(), db, list...) }()
		}
		for range processes {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if rows := permissionRows(t, first); len(rows) != 12 {
			t.Errorf("%d permissions: %q", len(rows), rows)
		}
	})
}

func TestSyncPermissionsIsAllOrNothing(t *testing.T) {
	t.Parallel()
	cancel := errors.New("cancel")
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		if err := models.SyncPermissions(t.Context(), db, &Note{}, &unnamed{}); fails(err, "add the method ModelLabel") {
			t.Error(err)
		}
		modeltest.Execute(t, db, "CREATE UNIQUE INDEX one_codename ON auth_permission (codename)")
		if err := models.SyncPermissions(t.Context(), db, &BlogPost{}, &twin{}); fails(err, "create names2.add_blogpost") {
			t.Error(err)
		}
		err := db.Transaction(func(tx *gorm.DB) error {
			syncPermissions(t, tx, &BlogPost{})
			return cancel
		})
		if rows := permissionRows(t, db); !errors.Is(err, cancel) || len(rows) > 0 {
			t.Errorf("%v, left behind: %q", err, rows)
		}
	})
}

// twin has the names of BlogPost in another app.
type twin struct{ ID int }

func (twin) ModelLabel() string { return "names2.blogpost" }
