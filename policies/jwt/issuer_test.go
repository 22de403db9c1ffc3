package jwt_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestIssuerByHand uses an issuer without HTTP, for a user who was loaded
// before being deactivated.
func TestIssuerByHand(t *testing.T) {
	db := fixture(t)
	config := rotating()
	config.UpdateLastLogin = true
	issuer := jwt.NewIssuer(db, config)
	var alice, carol models.User
	if err := db.Find(&alice, "username = ?", "alice").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Find(&carol, "username = ?", "carol").Error; err != nil {
		t.Fatal(err)
	}
	pair, err := issuer.Pair(t.Context(), &alice)
	if err != nil || issuer.Verify(t.Context(), pair.Access) != nil || alice.LastLogin == nil {
		t.Errorf("%v %v %v", pair, err, alice.LastLogin)
	}
	if pair, err := issuer.Pair(t.Context(), &carol); err == nil || pair != (jwt.Issued{}) {
		t.Errorf("inactive: %v %v", pair, err)
	}
	if token, err := issuer.Sliding(t.Context(), &carol); err == nil || token != "" {
		t.Errorf("inactive: %v %v", token, err)
	}
}

// TestCustomClaims checks that tokens made from a token have its custom claims
// too.
func TestCustomClaims(t *testing.T) {
	type tenant struct {
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
	}
	db := fixture(t)
	config := rotating()
	config.Claims = func(_ context.Context, user models.UserModel) (any, error) {
		return tenant{user.(*models.User).Username + " <&>", []string{"a", "b"}}, nil
	}
	h := newServer(t, db, config)
	pair := logIn(h, "/pair", "alice")
	next := post(h, "/refresh", "refresh", pair.Refresh)
	sliding := logIn(h, "/sliding", "alice").Token
	renewed := post(h, "/sliding/refresh", "token", sliding).Token
	for i, token := range []string{pair.Access, pair.Refresh, next.Access, next.Refresh, sliding, renewed} {
		if c := payload(t, token); c["name"] != "alice <&>" || len(c["roles"].([]any)) != 2 || c["user_id"] != "3" {
			t.Errorf("token %d: %v", i, c)
		}
	}
	for name, value := range map[string]any{
		"no object":        []int{1},
		"a claim of ours":  map[string]int{"exp": 1},
		"the user's claim": map[string]int{"user_id": 1},
		"sub, no string":   map[string]any{"sub": 3},
		"no JSON":          func() {},
	} {
		config.Claims = func(context.Context, models.UserModel) (any, error) { return value, nil }
		if a := logIn(newServer(t, db, config), "/pair", "alice"); a.status != 503 || a.Access != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// TestUserIDField checks that tokens can name users by another column and in
// another claim.
func TestUserIDField(t *testing.T) {
	db := fixture(t)
	config := rotating()
	config.UserIDField, config.UserIDClaim, config.HeaderTypes = "username", "sub", []string{"JWT", "Bearer"}
	h := newServer(t, db, config)
	pair := logIn(h, "/pair", "alice")
	if c := payload(t, pair.Access); c["sub"] != "alice" || c["user_id"] != nil {
		t.Error(c)
	}
	if status, who := me(h, pair.Access); status != 200 || who != "3" {
		t.Errorf("%d %s", status, who)
	}
	if a := post(h, "/refresh", "refresh", pair.Refresh); a.status != 200 {
		t.Error(a.body)
	}
	if a := logIn(h, "/pair", "nobody"); a.challenge != `JWT realm="api"` {
		t.Error(a.challenge)
	}
	if got := slices.Sorted(maps.Keys(payload(t, pair.Access))); !slices.Equal(got, []string{"exp", "iat", "jti", "sub", "token_type"}) {
		t.Error(got)
	}
}
