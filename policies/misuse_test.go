package policies_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestModelsAreStructs checks that constructors refuse other types. GORM
// accepts a pointer to a model too, but no object would be of that type.
func TestModelsAreStructs(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, declare := range map[string]func(){
		"Load[*policies_test.core]":              func() { policies.Load[*core](db, "id") },
		"Load[[]policies_test.core]":             func() { policies.Load[[]core](db, "id") },
		"ModelPermissions[*policies_test.core]":  func() { policies.ModelPermissions[*core](db) },
		"ObjectPermissions[*policies_test.core]": func() { policies.ObjectPermissions[*core](db) },
	} {
		func() {
			defer func() {
				if message := fmt.Sprint(recover()); !strings.Contains(message, name+": the model must be a struct type") {
					t.Errorf("%s: %s", name, message)
				}
			}()
			declare()
		}()
	}
}
