package models_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// TestDjangoAgrees asks real Django with guardian, on the same database, about
// every user, permission and note: this package knows what Django has granted,
// and Django what this package grants.
func TestDjangoAgrees(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		dbtest.Fixture(t, db)
		for _, c := range []struct {
			change func(perm string, to, obj any) error
			perm   string
			to     any
			obj    any
		}{
			{assign(t, db), "core.view_note", loaded(t, db, "alice"), &Note{ID: 3}},
			{assign(t, db), "core.delete_note", group(t, db, "empty"), &Note{ID: 3}},
			{assign(t, db), "core.add_note", loaded(t, db, "élodie"), nil},
			{assign(t, db), "auth.view_user", group(t, db, "editors"), nil},
			{assign(t, db), "core.view_note", loaded(t, db, "carol"), &Note{ID: 2}},
			{remove(t, db), "core.change_note", loaded(t, db, "objfull"), &Note{ID: 5}},
			{remove(t, db), "core.change_note", group(t, db, "editors"), nil},
		} {
			if err := c.change(c.perm, c.to, c.obj); err != nil {
				t.Fatal(err)
			}
		}
		changeGroups(t, db)
		theirs := strings.Split(strings.TrimSpace(djangotest.Run(t, "", "testdata/permissions_django.py", url)), "\n")
		if len(theirs) < 250 {
			t.Fatalf("Django says yes only %d times", len(theirs))
		}
		slices.Sort(theirs)
		if diff := gocmp.Diff(theirs, answers(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// changeGroups makes and deletes groups and memberships, which give permissions
// and take them.
func changeGroups(t *testing.T, db *gorm.DB) {
	t.Helper()
	if db.Name() == "postgres" { // the fixture has numbered its groups itself
		modeltest.Execute(t, db, "SELECT setval(pg_get_serial_sequence('auth_group', 'id'), 100)")
	}
	users := modeltest.UsersOf(t, db)
	writers, err := users.GetOrCreateGroup(t.Context(), "writers")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		models.AssignPerm(t.Context(), db, "core.delete_note", writers, nil),
		users.AddToGroup(t.Context(), loaded(t, db, "alice"), writers),
		users.AddToGroup(t.Context(), loaded(t, db, "alice"), group(t, db, "empty")),
		users.RemoveFromGroup(t.Context(), loaded(t, db, "grouped"), group(t, db, "editors")),
		users.DeleteGroup(t.Context(), group(t, db, "viewers")),
	); err != nil {
		t.Fatal(err)
	}
}

func assign(t *testing.T, db *gorm.DB) func(perm string, to, obj any) error {
	return func(perm string, to, obj any) error { return models.AssignPerm(t.Context(), db, perm, to, obj) }
}

func remove(t *testing.T, db *gorm.DB) func(perm string, to, obj any) error {
	return func(perm string, to, obj any) error { return models.RemovePerm(t.Context(), db, perm, to, obj) }
}

// answers returns the lines that permissions_django.py prints, sorted.
func answers(t *testing.T, db *gorm.DB) (lines []string) {
	t.Helper()
	say := func(ok bool, err error, words ...any) {
		if err != nil {
			t.Error(err, words)
		}
		if ok {
			lines = append(lines, strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%v\t", len(words)), words...), "\t"))
		}
	}
	everything, err := loaded(t, db, "root").AllPermissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	everything = append(everything, "core.publish_note", "nosuch.perm", "view_note", "")
	codenames := append(slices.Clone(notePerms), "publish_note")
	for u, err := range modeltest.UsersOf(t, db).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		user, name := u.(permitted), fmt.Sprint(u)
		for _, perm := range everything {
			ok, err := user.HasPerm(t.Context(), perm)
			say(ok, err, "has", name, perm)
		}
		all, err := user.AllPermissions(t.Context())
		for _, perm := range all {
			say(true, err, "all", name, perm)
		}
		for _, codename := range codenames {
			for pk := range int32(6) {
				for _, perm := range []string{codename, "core." + codename} {
					ok, err := user.HasObjectPerm(t.Context(), perm, &Note{ID: pk + 1})
					say(ok, err, "object", name, perm, pk+1)
				}
			}
		}
		for _, codename := range notePerms {
			for _, id := range visible(t, db, user, codename) {
				say(true, nil, "listed", name, codename, id)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestDjangoNamesPermissions compares the names that SyncPermissions gives with
// Django's.
func TestDjangoNamesPermissions(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	url := dbtest.SQLite(t)
	db := dbtest.Open(t, url)
	dbtest.Fixture(t, db)
	args := []string{url}
	for _, c := range named {
		syncPermissions(t, db, c.model)
		args = append(args, c.class)
	}
	theirs := strings.Split(strings.TrimSpace(djangotest.Run(t, "", "testdata/permissions_django.py", args...)), "\n")
	var ours []string
	err := db.Raw("SELECT p.codename || char(9) || p.name FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id" +
		" WHERE c.app_label = 'names' ORDER BY p.id").Scan(&ours).Error
	if err != nil || len(theirs) != 4*len(named) {
		t.Fatal(err, theirs)
	}
	if diff := gocmp.Diff(theirs, ours); diff != "" {
		t.Error(diff)
	}
}
