package prune_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/prune"
)

// TestAccessTokens covers every reason for which an access token ends.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.Scopes{"profile": {}})
		tokens, err := accesstoken.Of(db)
		if err != nil {
			t.Fatal(err)
		}
		services := map[string]*accesstoken.Service{}
		for _, name := range []string{"nightly", "gone"} {
			if services[name], err = tokens.CreateService(t.Context(), name, []string{"profile"}); err != nil {
				t.Fatal(err)
			}
		}
		alice, before := people.Named(t, db, "alice"), func(d time.Duration) time.Time { return time.Now().UTC().Add(-d) }
		for _, row := range []struct {
			name    string
			owner   models.UserModel
			columns map[string]any
		}{
			{"good", alice, nil},
			{"old and good", alice, map[string]any{"created": before(1000 * day)}},
			{"revoked long ago", alice, map[string]any{"revoked": before(31 * day)}},
			{"revoked", alice, map[string]any{"revoked": before(29 * day)}},
			{"expired long ago", alice, map[string]any{"expires": before(31 * day)}},
			{"expired", alice, map[string]any{"expires": before(29 * day)}},
			{"idle long ago", alice, map[string]any{"idle": 3600, "created": before(33 * day)}},
			{"idle, not for a day longer", alice, map[string]any{"idle": 3600, "created": before(31 * day)}},
			{"idle", alice, map[string]any{"idle": 3600, "created": before(29 * day)}},
			{"idle for a long time, as it may be", alice, map[string]any{"idle": 60 * 24 * 3600, "created": before(31 * day)}},
			{"idle, but used", alice, map[string]any{"idle": 3600, "created": before(40 * day), "last_used": before(day)}},
			{"idle, but rotated", alice, map[string]any{"idle": 3600, "created": before(40 * day), "rotated": before(day)}},
			{"idle since it was used long ago", alice, map[string]any{"idle": 3600, "created": before(60 * day), "last_used": before(40 * day)}},
			{"of a service", services["nightly"], nil},
			{"of a service that is gone", services["gone"], nil},
			{"of a user who is gone", people.Named(t, db, "bob"), nil},
			{"ended long ago", people.Named(t, db, "staff"), nil},
		} {
			token, _, err := tokens.Create(t.Context(), row.owner, accesstoken.Draft{Name: row.name, Scopes: []string{"profile"}, Expiry: accesstoken.NeverExpires})
			if err != nil {
				t.Fatal(row.name, err)
			}
			for column, value := range row.columns {
				execute(t, db, `UPDATE ginauth_access_token SET "`+column+`" = ? WHERE id = ?`, value, token.ID)
			}
		}
		execute(t, db, fmt.Sprintf("INSERT INTO ginauth_epoch (user_id, epoch) SELECT id, %d FROM auth_user WHERE username = 'staff'", before(31*day).UnixMicro()))
		after := accesstoken.Draft{Name: "after the end of others", Scopes: []string{"profile"}, Expiry: accesstoken.NeverExpires}
		if _, _, err := tokens.Create(t.Context(), people.Named(t, db, "staff"), after); err != nil {
			t.Fatal(err)
		}
		execute(t, db, "DELETE FROM auth_user WHERE username = 'bob'")
		execute(t, db, "DELETE FROM ginauth_service WHERE name = 'gone'")
		deleted, err := prune.Expired(t.Context(), db)
		if deleted != (prune.Deleted{AccessTokens: 7}) || err != nil {
			t.Errorf("%+v, %v", deleted, err)
		}
		var left []string
		if err := db.Raw("SELECT name FROM ginauth_access_token").Scan(&left).Error; err != nil || len(left) != 11 {
			t.Error(left, err)
		}
		for _, name := range left {
			if strings.HasSuffix(name, "gone") || strings.HasSuffix(name, "long ago") {
				t.Errorf("left: %s", name)
			}
		}
	})
}
