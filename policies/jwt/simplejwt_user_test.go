package jwt_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestSimpleJWTUsers checks that each side accepts the tokens that the other
// has made or refreshed, whatever the claim and the column that name the user,
// and whatever release is declared here.
func TestSimpleJWTUsers(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt", "psycopg2")
	here := drf.Stack{SimpleJWT: djangotest.ReleasesOf(t).SimpleJWT}
	old := drf.Stack{SimpleJWT: "5.2"}
	for _, row := range []struct {
		name, model, field, claim string
		stack                     drf.Stack
		number                    bool // whether a token made here has a number
	}{
		{"integer", "auth.User", "id", "user_id", here, !djangotest.Since(t, here.SimpleJWT, "5.5.1")},
		{"integer, declared old", "auth.User", "id", "user_id", old, true},
		{"integer, not declared", "auth.User", "id", "user_id", drf.Stack{}, false},
		{"integer in sub", "auth.User", "id", "sub", here, false},
		{"integer in sub, declared old", "auth.User", "id", "sub", old, false},
		{"text", "auth.User", "username", "user_id", here, false},
		{"text in sub", "auth.User", "username", "sub", here, false},
		{"uuid", "accounts.Account", "id", "user_id", here, false},
		{"uuid in sub", "accounts.Account", "id", "sub", here, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := dbtest.Postgres(t)
			db := dbtest.Open(t, url)
			must(0, db.Use(row.stack))
			user, name := userOf(t, db, row.model)
			config := rotating()
			config.Issuer, config.Audience, config.AccessLifetime = "https://issuer.test", []string{"here", "there"}, 7*time.Minute
			config.UserIDField, config.UserIDClaim = row.field, row.claim
			settings := map[string]any{"USER_ID_FIELD": row.field, "USER_ID_CLAIM": row.claim}
			there := func(commands ...string) []theirs { return simpleJWTOf(t, url, row.model, settings, commands...) }
			h, issuer := newServer(t, db, config), jwt.NewIssuer(db, config)

			ours := must(issuer.Pair(t.Context(), user))
			if _, number := payload(t, ours.Access)[row.claim].(float64); number != row.number {
				t.Errorf("made here: %v", payload(t, ours.Access))
			}
			sliding := must(issuer.Sliding(t.Context(), user))
			answers := there("user", ours.Access, "refresh", ours.Refresh, "sliding-refresh", sliding, "pair", name, "sliding", name)
			if answers[0].User != name || answers[1].Error != "" || answers[2].Error != "" {
				t.Fatalf("made here, there: %+v", answers)
			}
			check := []string{}
			for _, made := range []theirs{answers[1], answers[3]} {
				if status, body := me(h, made.Access); status != 200 {
					t.Errorf("made there, here: %d %s", status, body)
				}
				next := post(h, "/refresh", "refresh", made.Refresh)
				if next.status != 200 {
					t.Fatalf("made there, refreshed here: %s", next.body)
				}
				check = append(check, "user", next.Access, "refresh", next.Refresh)
			}
			for _, made := range []theirs{answers[2], answers[4]} {
				next := post(h, "/sliding/refresh", "token", made.Token)
				if next.status != 200 {
					t.Fatalf("made there, renewed here: %s", next.body)
				}
				check = append(check, "verify", next.Token, "sliding-refresh", next.Token)
			}
			for i, a := range there(check...) {
				if a.Error != "" || check[2*i] == "user" && a.User != name {
					t.Errorf("refreshed here, %s there: %+v", check[2*i], a)
				}
			}
		})
	}
}

// userOf returns a user of a new database and their name: alice, or an account
// with a UUID.
func userOf(t *testing.T, db *gorm.DB, model string) (user models.UserModel, name string) {
	t.Helper()
	if model == "auth.User" {
		load(t, db)
		var alice models.User
		must(0, db.Where("username = ?", "alice").Take(&alice).Error)
		return &alice, "alice"
	}
	modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Account]{UsernameField: "email"})
	modeltest.AutoMigrate(t, db, &modeltest.Account{})
	modeltest.Migrate(t, db)
	return modeltest.NewAccount(t, db, "ann@example.org", "secret"), "ann@example.org"
}
