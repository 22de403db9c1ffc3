package prune_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/prune"
)

// TestLimitsOfAPIKeys checks that what a key is limited to stays as long as the
// key, revoked or not, and no longer.
func TestLimitsOfAPIKeys(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := models.Migrate(db); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"good", "revoked", "gone"} {
			if _, err := apikey.Create(t.Context(), db, &apikey.Key{Name: name, Quota: &apikey.Quota{Limit: 1}}); err != nil {
				t.Fatal(err)
			}
		}
		execute(t, db, "UPDATE rest_framework_api_key_apikey SET revoked = true WHERE name = 'revoked'")
		execute(t, db, "DELETE FROM rest_framework_api_key_apikey WHERE name = 'gone'")
		for _, want := range []int64{1, 0} {
			if d, err := prune.Expired(t.Context(), db); err != nil || d != (prune.Deleted{APIKeyLimits: want}) {
				t.Errorf("%+v, want %d, %v", d, want, err)
			}
		}
		if n := rows(t, db, "ginauth_api_key"); n != 2 {
			t.Errorf("%d are left", n)
		}
	})
}
