package handlers_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// TestATokenCannotWidenItself checks that no route lets a token widen itself or
// what it creates or rotates.
func TestATokenCannotWidenItself(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		wide := made(t, s.Do("POST", "/scoped/", alice, `{"name":"wide","scopes":["*"],"expires_in":"never"}`))
		narrow := made(t, s.Do("POST", "/scoped/", alice, `{"name":"narrow","scopes":["tokens","profile"],"expires_in":3600}`))
		for _, row := range []struct{ method, path, body, want string }{
			{"POST", "/scoped/", `{"name":"x","scopes":["*"],"expires_in":60}`,
				`400 {"scopes":["A token cannot give scopes that it does not have."]}`},
			{"POST", "/scoped/", `{"name":"x","scopes":["notes:read"],"expires_in":60}`,
				`400 {"scopes":["A token cannot give scopes that it does not have."]}`},
			{"POST", "/scoped/", `{"name":"x","scopes":["profile"],"expires_in":"never"}`,
				`400 {"expires_in":["A token cannot make one that ends later."]}`},
			{"POST", "/scoped/", `{"name":"x","scopes":["profile"],"expires_in":3601}`,
				`400 {"expires_in":["A token cannot make one that ends later."]}`},
			{"POST", "/scoped/" + wide.ID + "/rotate/", ``, `400 {"scopes":["A token cannot give scopes that it does not have."]}`},
			{"POST", "/scoped/" + narrow.ID + "/rotate/", `{"expires_in":"never"}`,
				`400 {"expires_in":["A token cannot make one that ends later."]}`},
			{"POST", "/tokens", `{"name":"x","scopes":["profile"],"expires_in":60}`,
				`403 {"detail":"The token does not have the scope that this needs."}`},
		} {
			w := s.Do(row.method, row.path, sitetest.Bearer(narrow.Token), row.body)
			if got := w.String(); got != row.want {
				t.Errorf("%s %s:\n got %s\nwant %s", row.path, row.body, got, row.want)
			}
		}
		child := made(t, s.Do("POST", "/scoped/", sitetest.Bearer(narrow.Token), `{"name":"child","scopes":["tokens"],"expires_in":60}`))
		own := made(t, s.Do("POST", "/scoped/"+child.ID+"/rotate/", sitetest.Bearer(child.Token), ""))
		if w := s.Do("GET", "/scoped/", sitetest.Bearer(child.Token), ""); w.Code != 401 {
			t.Errorf("the old secret: %s", w)
		}
		if w := s.Do("DELETE", "/scoped/"+narrow.ID+"/", alice, ""); w.Code != 204 {
			t.Error(w)
		}
		if w := s.Do("GET", "/scoped/", sitetest.Bearer(own.Token), ""); w.Code != 401 {
			t.Errorf("a token lives on without the one that it was made with: %s", w)
		}
		if w := s.Do("GET", "/scoped/", sitetest.Bearer(wide.Token), ""); w.Code != 200 {
			t.Error(w)
		}
	})
}

func TestAServiceManagesItsOwnTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		service, err := s.tokens.CreateService(t.Context(), "nightly", []string{"tokens", "profile"})
		if err != nil {
			t.Fatal(err)
		}
		draft := accesstoken.Draft{Name: "first", Scopes: []string{"tokens", "profile"}, Expiry: accesstoken.ExpiresIn(time.Hour)}
		token, secret, err := s.tokens.Create(t.Context(), service, draft)
		if err != nil {
			t.Fatal(err)
		}
		if list := s.list(t, sitetest.Bearer(string(secret)), "/scoped/"); len(list) != 1 || list[0].ID != token.ID {
			t.Errorf("%+v", list)
		}
		rotated := made(t, s.Do("POST", "/scoped/"+token.ID+"/rotate/", sitetest.Bearer(string(secret)), ""))
		if w := s.Do("POST", "/scoped/", sitetest.Bearer(rotated.Token), `{"name":"x","scopes":["notes:read"],"expires_in":60}`); w.Code != 400 {
			t.Errorf("beyond its scopes: %s", w)
		}
		if n := len(s.list(t, alice, "/tokens")); n != 0 {
			t.Errorf("alice has %d tokens", n)
		}
		alices := made(t, s.Do("POST", "/tokens", alice, ci))
		if w := s.Do("DELETE", "/scoped/"+alices.ID+"/", sitetest.Bearer(rotated.Token), ""); w.Code != 404 {
			t.Errorf("another's token: %s", w)
		}
		if w := s.Do("DELETE", "/scoped/", sitetest.Bearer(rotated.Token), ""); w.Code != 204 {
			t.Error(w)
		}
		// The token is valid but its scopes are too narrow.
		if w := s.Do("GET", "/tokens", sitetest.Bearer(alices.Token), ""); w.Code != 403 {
			t.Error(w)
		}
	})
}

// FuzzCreateAccessToken checks that, whatever the body, the token belongs to
// its creator and is neither wider nor longer than the token it was created
// with.
func FuzzCreateAccessToken(f *testing.F) {
	s := newTokenServer(f, dbtest.Open(f, dbtest.SQLite(f)))
	parent := made(f, s.Do("POST", "/scoped/", alice, `{"name":"parent","scopes":["tokens","profile"],"expires_in":3600}`))
	f.Add(`{"name":"x","scopes":["profile"],"expires_in":60}`)
	f.Add(`{"name":"x","scopes":["profile"],"scopes":["*"],"expires_in":60,"expires_in":"never"}`)
	f.Add(`{"name":"x","SCOPES":["*"],"scopes":["profile"],"expires_in":60,"user":2,"owner_id":2}`)
	f.Add(`{"name":"x","scopes":["profile"],"expires_in":60,"through":null,"parent":null,"id":"000000000000"}`)
	for _, body := range randomBodies(300) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) { checkNarrow(t, s, parent, body) })
}

func checkNarrow(t *testing.T, s *tokenServer, parent madeToken, body string) {
	w := s.Do("POST", "/scoped/", sitetest.Bearer(parent.Token), body)
	switch w.Code {
	case 201:
	case 400, 413, 415:
		return
	default:
		t.Fatalf("%s: %s", body, w)
	}
	child := made(t, w)
	owner, token, err := s.tokens.Verify(t.Context(), child.Token)
	if err != nil || fmt.Sprint(owner) != "alice" {
		t.Fatalf("%s: of %v, %v", body, owner, err)
	}
	if token.Expires == nil || token.Expires.After(*parent.Expires) {
		t.Errorf("%s: ends %v", body, token.Expires)
	}
	for _, scope := range token.Scopes {
		if scope != "tokens" && scope != "profile" {
			t.Errorf("%s: has %q", body, scope)
		}
	}
	if err := s.tokens.Revoke(t.Context(), owner, child.ID); err != nil { // to make room
		t.Error(err)
	}
}

// randomBodies returns JSON objects of members that matter, or might, with
// valid, overly wide and odd values.
func randomBodies(n int) (bodies []string) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{
		"name", "scopes", "expires_in", "idle_timeout", "user", "user_id", "owner", "id",
		"service", "service_id", "epoch", "parent", "through", "limit",
	}
	values := []any{
		"x", "*", "never", "bob", 1, 60, 3600, int64(1) << 40, -1, 2, nil, true,
		[]string{"profile"}, []string{"tokens", "profile"}, []string{"*"}, []string{"notes:read"}, map[string]any{"never": true},
	}
	for range n {
		var members []string
		for _, name := range names {
			likely := name == "name" || name == "scopes" || name == "expires_in"
			if !likely && r.IntN(20) > 0 {
				continue
			}
			for range 1 + r.IntN(2) {
				value := values[r.IntN(len(values))]
				switch {
				case name == "name":
					value = "x"
				case name == "scopes" && r.IntN(2) > 0:
					value = []string{"profile"}
				case name == "expires_in" && r.IntN(2) > 0:
					value = 60
				}
				text, _ := json.Marshal(value)
				members = append(members, fmt.Sprintf("%q:%s", name, text))
			}
		}
		bodies = append(bodies, "{"+strings.Join(members, ",")+"}")
	}
	return bodies
}

// TestTheDatabaseFailsUnderTheRoutes checks that the answer is 503, and that a
// token is neither created nor reported as revoked.
func TestTheDatabaseFailsUnderTheRoutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		token := made(t, s.Do("POST", "/tokens", alice, `{"name":"wide","scopes":["*"],"expires_in":"never"}`))
		for _, spoil := range []string{"INSERT", "UPDATE"} {
			spoilTokens(t, db, spoil)
		}
		for _, row := range []struct{ method, path, body string }{
			{"POST", "/tokens", ci},
			{"POST", "/tokens/" + token.ID + "/rotate", ""},
			{"DELETE", "/tokens/" + token.ID, ""},
			{"DELETE", "/tokens", ""},
		} {
			w := s.Do(row.method, row.path, alice, row.body)
			if got := w.String(); got != `503 {"detail":"Service temporarily unavailable, try again later."}` {
				t.Errorf("%s %s: %s", row.method, row.path, got)
			}
		}
		if list := s.list(t, alice, "/tokens"); len(list) != 1 || list[0].Status != "active" {
			t.Errorf("%+v", list)
		}
		if w := s.Do("GET", "/me", sitetest.Bearer(token.Token), ""); w.Code != 200 {
			t.Error(w)
		}
	})
}

// spoilTokens makes every INSERT, or every UPDATE, of tokens fail.
func spoilTokens(t *testing.T, db *gorm.DB, event string) {
	t.Helper()
	statements := []string{
		`CREATE TRIGGER spoil_` + event + ` BEFORE ` + event + ` ON ginauth_access_token BEGIN SELECT RAISE(ABORT, 'spoiled'); END`,
	}
	if db.Name() == "postgres" {
		statements = []string{
			`CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$`,
			`CREATE TRIGGER spoil_` + event + ` BEFORE ` + event + ` ON ginauth_access_token FOR EACH ROW EXECUTE FUNCTION spoil()`,
		}
	}
	for _, statement := range statements {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}
