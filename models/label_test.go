package models_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/modellabel"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

// Note is a model of Django's app core, with the table that Django gives it.
type Note struct {
	ID      int32 `gorm:"primaryKey"`
	Title   string
	OwnerID int64
}

func (Note) TableName() string { return "core_note" }

// APIKey has the table that GORM names after it, and therefore states its
// label.
type APIKey struct {
	ID   string `gorm:"primaryKey"`
	Name string
}

func (*APIKey) ModelLabel() string { return "keys.apikey" }

type (
	unnamed  struct{ ID int } // the table "unnameds" is not Django's
	shouting struct{ ID int }
	bare     struct{ ID int }
	spaced   struct{ ID int }
	orphan   struct{ ID int }
	camel    struct{ ID int }
)

func (shouting) ModelLabel() string { return "core.Note" }
func (bare) ModelLabel() string     { return "note" }
func (spaced) ModelLabel() string   { return "core.note " }
func (orphan) TableName() string    { return "_orphan" }
func (camel) ModelLabel() string    { return "siteApp.note" }

// labelOf is modellabel.Of.
func labelOf(db *gorm.DB, model any) (models.Label, error) {
	label, err := modellabel.Of(db, model)
	return models.Label(label), err
}

func TestLabelOf(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, c := range []struct {
		model any
		want  string
	}{
		{&Note{}, "core.note"},
		{Note{}, "core.note"},
		{[]Note{}, "core.note"},
		{&APIKey{}, "keys.apikey"},
		{APIKey{}, "keys.apikey"},
		{&camel{}, "siteApp.note"},
		{&models.User{}, "auth.user"},
		{&models.Group{}, "auth.group"},
		{&models.Permission{}, "auth.permission"},
		{&models.ContentType{}, "contenttypes.contenttype"},
		{&models.Token{}, "authtoken.token"},
	} {
		if label, err := labelOf(db, c.model); err != nil || label.String() != c.want {
			t.Errorf("%T: %s, %v, want %s", c.model, label, err, c.want)
		}
	}
	for _, c := range []struct {
		model any
		want  string // in the error
	}{
		{&unnamed{}, `"unnameds", which is not named as Django names tables; add the method ModelLabel`},
		{&orphan{}, "add the method ModelLabel"},
		{&shouting{}, `returns "core.Note"; return "app.model"`},
		{&bare{}, `returns "note"`},
		{&spaced{}, `returns "core.note "`},
		{nil, "label of <nil>"},
		{42, "label of int"},
	} {
		if label, err := labelOf(db, c.model); err == nil || !strings.Contains(err.Error(), c.want) || label != (models.Label{}) {
			t.Errorf("%T: %v, %v, want %s", c.model, label, err, c.want)
		}
	}
}

func TestLabelFollowsTheNamingStrategy(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t)).Session(&gorm.Session{NewDB: true})
	named := *db.Config
	named.NamingStrategy = schema.NamingStrategy{TablePrefix: "polls_", SingularTable: true}
	db.Config = &named
	type Question struct{ ID int }
	if label, err := labelOf(db, &Question{}); err != nil || label != (models.Label{App: "polls", Model: "question"}) {
		t.Error(label, err)
	}
}

func TestLabelNamesPermissions(t *testing.T) {
	t.Parallel()
	if got := (models.Label{App: "core", Model: "note"}).Perm("change"); got != "core.change_note" {
		t.Error(got)
	}
}
