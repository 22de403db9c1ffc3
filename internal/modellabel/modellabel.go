// Package modellabel tells the names that GORM models have in Django.
package modellabel

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"gorm.io/gorm"
)

// Label is models.Label, which has these fields and can be converted.
type Label struct{ App, Model string }

// Of returns the label of a GORM model or a pointer to one, as its method
// ModelLabel returns it:
//
//	func (Note) ModelLabel() string { return "core.note" }
//
// A model without that method must have the table that Django would give it,
// which is core_note for the struct Note in the app core.
func Of(db *gorm.DB, model any) (Label, error) {
	if db == nil {
		return Label{}, errors.New("models: the database is nil")
	}
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(model); err != nil {
		return Label{}, fmt.Errorf("models: label of %T: %w", model, err)
	}
	typ := stmt.Schema.ModelType
	if m, ok := reflect.New(typ).Interface().(interface{ ModelLabel() string }); ok {
		label, ok := parseLabel(m.ModelLabel())
		if !ok {
			return Label{}, fmt.Errorf("models: ModelLabel of %s returns %q; "+
				`return "app.model", the model in lower case, e.g. "core.note"`, typ, m.ModelLabel())
		}
		return label, nil
	}
	app, ok := strings.CutSuffix(stmt.Schema.Table, "_"+strings.ToLower(typ.Name()))
	label, valid := parseLabel(app + "." + strings.ToLower(typ.Name()))
	if !ok || !valid {
		return Label{}, fmt.Errorf("models: the label of %s does not follow from its table %q, "+
			"which is not named as Django names tables; "+
			`add the method ModelLabel() string, which returns e.g. "core.note"`, typ, stmt.Schema.Table)
	}
	return label, nil
}

// labelFormat: an app is an identifier, and a model is one in lower case.
var labelFormat = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\.([a-z_][a-z0-9_]*)$`)

func parseLabel(text string) (Label, bool) {
	part := labelFormat.FindStringSubmatch(text)
	if part == nil {
		return Label{}, false
	}
	return Label{App: part[1], Model: part[2]}, true
}
