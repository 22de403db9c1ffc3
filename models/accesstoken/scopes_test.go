package accesstoken_test

import (
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

func TestOneQueryForEveryOwner(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		_, users := w.create(t, w.alice, draft("notes:read"))
		_, services := w.create(t, w.service, draft("notes:read"))
		counted, counter := dbtest.Count(db)
		tokens, err := accesstoken.Of(counted)
		if err != nil {
			t.Fatal(err)
		}
		for want, secret := range map[string]string{"alice": users, "service:nightly": services} {
			counter.Statements()
			owner, token, err := tokens.Verify(t.Context(), secret)
			if err != nil || fmt.Sprint(owner) != want {
				t.Fatalf("%v, %v", owner, err)
			}
			if n := counter.Statements(); n != 1 {
				t.Errorf("%s: %d statements", want, n)
			}
			for range 2 {
				if ok, err := token.Allows(t.Context(), "notes:read"); !ok || err != nil {
					t.Errorf("%s: %v, %v", want, ok, err)
				}
			}
			if n := counter.Statements(); n > 1 {
				t.Errorf("%s: %d statements for a scope", want, n)
			}
		}
		if epoch := modeltest.EpochOf(t, w.users, w.alice); epoch != 0 {
			t.Error(epoch)
		}
	})
}

// TestScopesOfATokenAtUse: a token has the scopes that it was given, as far as
// its owner still has their permissions.
func TestScopesOfATokenAtUse(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		secrets := map[string]string{}
		for name, scopes := range map[string][]string{"read": {"notes:read"}, "all": {models.AllScopes}, "profile": {"profile"}} {
			_, secrets[name] = w.create(t, w.alice, draft(scopes...))
		}
		_, secrets["service"] = w.create(t, w.service, draft("notes:read"))
		robot, err := w.tokens.CreateService(t.Context(), "robot", []string{models.AllScopes})
		if err != nil {
			t.Fatal(err)
		}
		_, secrets["robot"] = w.create(t, robot, draft(models.AllScopes))
		check := func(when string, want map[string]string) {
			t.Helper()
			for name, secret := range secrets {
				_, token, err := w.tokens.Verify(t.Context(), secret)
				if err != nil {
					t.Fatal(when, name, err)
				}
				got := fmt.Sprintf("limited %v:", token.Limited())
				for _, scope := range []string{"notes:read", "notes:write", "profile"} {
					if ok, err := token.Allows(t.Context(), scope); err != nil {
						t.Error(name, scope, err)
					} else if ok {
						got += " " + scope
					}
				}
				if got != want[name] {
					t.Errorf("%s: %s: %q, want %q", when, name, got, want[name])
				}
				if ok, err := token.Allows(t.Context(), "nonesuch"); ok || err == nil {
					t.Errorf("%s: %s: a scope that is not defined: %v, %v", when, name, ok, err)
				}
			}
		}
		check("at first", map[string]string{
			"read": "limited true: notes:read", "all": "limited false: notes:read profile", "profile": "limited true: profile",
			"service": "limited true: notes:read", "robot": "limited false: notes:read notes:write profile",
		})
		modeltest.Execute(t, db, "DELETE FROM auth_user_user_permissions", "UPDATE ginauth_service SET scopes = 'profile'")
		check("permissions taken away", map[string]string{
			"read": "limited true:", "all": "limited false: profile", "profile": "limited true: profile", "service": "limited true:",
			"robot": "limited true: profile",
		})
		modeltest.Execute(t, db, "UPDATE auth_user SET is_superuser = true", "UPDATE ginauth_service SET scopes = '*'")
		check("all permissions", map[string]string{
			"read": "limited true: notes:read", "all": "limited false: notes:read notes:write profile", "profile": "limited true: profile",
			"service": "limited true: notes:read", "robot": "limited false: notes:read notes:write profile",
		})
		modeltest.Execute(t, db, "UPDATE auth_user SET is_active = false")
		inactive := w.user(t, "alice").(*models.User)
		for _, name := range []string{"profile", "notes:read"} {
			if ok, err := inactive.HasScope(t.Context(), name); ok || err != nil {
				t.Errorf("an inactive user: %s: %v, %v", name, ok, err)
			}
		}
	})
}
