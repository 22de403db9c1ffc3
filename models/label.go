package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/modellabel"
)

// Label is the name of a model in Django: the class Note in the app core is
// core.note (Django: _meta.label_lower).
type Label struct{ App, Model string }

// String returns the label as Django writes it, e.g. "core.note".
func (l Label) String() string { return l.App + "." + l.Model }

// Perm returns the name of the permission for an action on the model: for
// "change" it is "core.change_note". Django creates the permissions add,
// change, delete and view.
func (l Label) Perm(action string) string { return l.App + "." + action + "_" + l.Model }

// labelOf returns the label of a GORM model, see [SyncPermissions].
func labelOf(db *gorm.DB, model any) (Label, error) {
	label, err := modellabel.Of(db, model)
	return Label(label), err
}

// codename returns the part of a permission's name after the app, which may be
// left out. A name with another app is an error.
func (l Label) codename(perm string) (string, error) {
	app, codename, dotted := strings.Cut(perm, ".")
	if !dotted {
		return perm, nil
	}
	if app != l.App {
		return "", fmt.Errorf("models: the permission %q is of another app than %s", perm, l)
	}
	return codename, nil
}
