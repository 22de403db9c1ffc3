package jwt_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
	"github.com/ginauth/ginauth/policies/jwt"
)

const challenge = `Bearer realm="api"`

// stored is a row of the outstanding tokens.
type stored struct {
	JTI, Token           string
	UserID               *int64
	CreatedAt, ExpiresAt *time.Time
	Revoked              bool
}

func outstanding(t *testing.T, db *gorm.DB) (rows []stored) {
	t.Helper()
	err := db.Raw(`SELECT o.jti, o.token, o.user_id, o.created_at, o.expires_at, b.id IS NOT NULL AS revoked
		FROM token_blacklist_outstandingtoken o LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id
		WHERE o.token <> 'fixture' ORDER BY o.id`).Scan(&rows).Error
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRotation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		load(t, db)
		h := newServer(t, db, rotating())
		first := logIn(h, "/pair", "alice")
		second := post(h, "/refresh", "refresh", first.Refresh)
		for i, a := range []answer{first, second} {
			if a.status != 200 || a.cacheControl != "no-store" || a.Refresh == "" {
				t.Fatalf("answer %d: %d %s", i, a.status, a.body)
			}
			if status, who := me(h, a.Access); status != 200 || who != "3" {
				t.Errorf("access %d: %d %s", i, status, who)
			}
			access, refresh := payload(t, a.Access), payload(t, a.Refresh)
			if access["jti"] == refresh["jti"] || access["token_type"] != "access" || refresh["token_type"] != "refresh" {
				t.Errorf("answer %d: %v %v", i, access, refresh)
			}
		}
		if status, _ := me(h, second.Refresh); status != 401 {
			t.Error("a refresh token is taken for a request")
		}
		for _, row := range []struct {
			path, field, token string
			status             int
			want               string
		}{
			{"/refresh", "refresh", first.Refresh, 401, `{"detail":"Token is blacklisted","code":"token_not_valid"}`},
			{"/blacklist", "refresh", first.Refresh, 401, `{"detail":"Token is blacklisted","code":"token_not_valid"}`},
			{"/verify", "token", first.Refresh, 400, `{"non_field_errors":["Token is blacklisted"]}`},
			{"/verify", "token", second.Refresh, 200, `{}`},
			{"/verify", "token", first.Access, 200, `{}`},
			{"/refresh", "refresh", second.Access, 401, `{"detail":"Token has wrong type","code":"token_not_valid"}`},
			{"/blacklist", "refresh", " " + second.Refresh + "\n", 200, `{}`},
			{"/refresh", "refresh", second.Refresh, 401, `{"detail":"Token is blacklisted","code":"token_not_valid"}`},
		} {
			if a := post(h, row.path, row.field, row.token); a.status != row.status || a.body != row.want {
				t.Errorf("%s: %d %s, want %d %s", row.path, a.status, a.body, row.status, row.want)
			}
		}
		rows := outstanding(t, db)
		if len(rows) != 2 {
			t.Fatalf("%d tokens are recorded", len(rows))
		}
		for i, refresh := range []string{first.Refresh, second.Refresh} {
			claims, row := payload(t, refresh), rows[i]
			if row.JTI != claims["jti"] || row.Token != refresh || row.UserID == nil || *row.UserID != 3 || !row.Revoked ||
				float64(row.ExpiresAt.Unix()) != claims["exp"] || float64(row.CreatedAt.Unix()) != claims["iat"] {
				t.Errorf("row %d: %+v of %v", i, row, claims)
			}
		}
	})
}

// TestRefreshOptions checks what a refresh answers and records, by option.
func TestRefreshOptions(t *testing.T) {
	key := jwt.HS256([]byte(secret))
	for _, row := range []struct {
		name            string
		config          jwt.Config
		rotates, reused bool
		recorded        int
	}{
		{"default", jwt.Config{Key: key}, false, true, 1},
		{"rotate", jwt.Config{Key: key, RotateRefreshTokens: true}, true, true, 3},
		{"rotate and blacklist", rotating(), true, false, 2},
		{"without blacklist", jwt.Config{Key: key, RotateRefreshTokens: true, WithoutBlacklist: true}, true, true, 0},
	} {
		db := fixture(t)
		h := newServer(t, db, row.config)
		refresh := logIn(h, "/pair", "alice").Refresh
		first, second := post(h, "/refresh", "refresh", refresh), post(h, "/refresh", "refresh", refresh)
		if first.status != 200 || first.Access == "" || (first.Refresh != "") != row.rotates || (second.status == 200) != row.reused {
			t.Errorf("%s: %d %s, then %d", row.name, first.status, first.body, second.status)
		}
		if n := len(outstanding(t, db)); n != row.recorded {
			t.Errorf("%s: %d tokens are recorded, want %d", row.name, n, row.recorded)
		}
	}
}

func TestSliding(t *testing.T) {
	db := fixture(t)
	now := time.Now().Unix()
	clock := now
	config := rotating()
	config.Accept = []jwt.Type{jwt.Sliding, jwt.Access}
	config.Now = func() time.Time { return time.Unix(clock, 0) }
	config.SlidingRefreshLifetime = 10 * time.Minute
	h := newServer(t, db, config)
	token := logIn(h, "/sliding", "alice").Token
	claims := payload(t, token)
	if claims["exp"] != float64(now+300) || claims["refresh_exp"] != float64(now+600) || claims["token_type"] != "sliding" {
		t.Fatal(claims)
	}
	if rows := outstanding(t, db); len(rows) != 1 || rows[0].ExpiresAt.Unix() != now+900 {
		t.Errorf("%+v", rows) // the last renewed one ends 300 s after refresh_exp
	}
	clock += 299
	renewed := post(h, "/sliding/refresh", "token", token).Token
	again := payload(t, renewed)
	if again["jti"] != claims["jti"] || again["exp"] != float64(clock+300) || again["refresh_exp"] != claims["refresh_exp"] {
		t.Errorf("%v, then %v", claims, again)
	}
	if status, who := me(h, renewed); status != 200 || who != "3" {
		t.Errorf("%d %s", status, who)
	}
	clock += 1
	if status, body := me(h, token); status != 401 || strings.Count(body, "Token is expired") != 2 ||
		!strings.Contains(body, `[{"token_class":"SlidingToken","token_type":"sliding",`) {
		t.Errorf("expired: %d %s", status, body)
	}
	clock = now + 598
	late := post(h, "/sliding/refresh", "token", renewed).Token
	clock = now + 600
	if a := post(h, "/sliding/refresh", "token", late); a.status != 401 || a.Detail != "Token 'refresh_exp' claim has expired" {
		t.Errorf("after refresh_exp: %d %s", a.status, a.body)
	}
	err := db.Exec("INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id) " +
		"SELECT expires_at, id FROM token_blacklist_outstandingtoken WHERE token <> 'fixture'").Error
	if err != nil {
		t.Fatal(err)
	}
	if status, body := me(h, late); status != 401 || !strings.Contains(body, "Token is blacklisted") {
		t.Errorf("revoked: %d %s", status, body)
	}
	if a := post(h, "/sliding/refresh", "token", late); a.Detail != "Token is blacklisted" {
		t.Errorf("revoked, refreshed: %s", a.body)
	}
}

// TestRefreshExp checks the claim refresh_exp of tokens that another party has
// made.
func TestRefreshExp(t *testing.T) {
	h := newServer(t, fixture(t), rotating())
	for change, want := range map[string]string{
		"refresh_exp":        "Token has no 'refresh_exp' claim",
		"refresh_exp:1":      "Token 'refresh_exp' claim has expired",
		"refresh_exp:1.5":    "Token 'refresh_exp' claim has expired",
		`refresh_exp:"x"`:    "Token is invalid",
		"refresh_exp:null":   "Token is invalid",
		"refresh_exp:1e300":  "Token is invalid",
		"refresh_exp:-1e300": "Token is invalid",
		"refresh_exp:41e8":   "",
	} {
		token := signed(hs256, strings.Replace(claims(change), `"access"`, `"sliding"`, 1))
		if a := post(h, "/sliding/refresh", "token", token); a.Detail != want || (a.Token == "") != (want != "") {
			t.Errorf("%s: %d %s, want %s", change, a.status, a.body, want)
		}
	}
}

// TestNoTokenForTheDead checks that deactivated and deleted users get no token
// in any way, and that their existing tokens do not work.
func TestNoTokenForTheDead(t *testing.T) {
	noAccount := `{"detail":"No active account found with the given credentials"}`
	forToken := `{"detail":"No active account found for the given token."}`
	for name, end := range map[string]string{
		"deactivated": "UPDATE auth_user SET is_active = false WHERE username = 'alice'",
		"deleted":     "DELETE FROM auth_user WHERE username = 'alice'",
	} {
		db := fixture(t)
		h := newServer(t, db, rotating())
		pair, sliding := logIn(h, "/pair", "alice"), logIn(h, "/sliding", "alice").Token
		if err := db.Connection(func(c *gorm.DB) error {
			c.Exec("PRAGMA foreign_keys = OFF")
			return c.Exec(end).Error
		}); err != nil {
			t.Fatal(err)
		}
		for _, a := range []struct {
			what string
			got  answer
			want string
		}{
			{"refresh", post(h, "/refresh", "refresh", pair.Refresh), forToken},
			{"sliding refresh", post(h, "/sliding/refresh", "token", sliding), forToken},
			{"pair", logIn(h, "/pair", "alice"), noAccount},
			{"sliding", logIn(h, "/sliding", "alice"), noAccount},
			{"pair of an inactive user", logIn(h, "/pair", "carol"), noAccount},
			{"pair of nobody", logIn(h, "/pair", "nobody"), noAccount},
		} {
			if a.got.status != 401 || a.got.body != a.want || a.got.challenge != challenge {
				t.Errorf("%s, %s: %d %s %s", name, a.what, a.got.status, a.got.body, a.got.challenge)
			}
		}
		if status, _ := me(h, pair.Access); status != 401 {
			t.Errorf("%s: the access token works", name)
		}
		if a := post(h, "/blacklist", "refresh", pair.Refresh); a.status != 200 {
			t.Errorf("%s: the token cannot be revoked: %s", name, a.body)
		}
	}
}

// TestWhatIsRevokedStaysSoWithinTheLeeway checks that the revocation of an
// expired token is remembered for as long as the leeway lets it pass.
func TestWhatIsRevokedStaysSoWithinTheLeeway(t *testing.T) {
	db, clock := fixture(t), time.Now()
	config := rotating()
	config.RefreshLifetime, config.Leeway = time.Second, time.Minute
	config.Now = func() time.Time { return clock }
	issuer := jwt.NewIssuer(db, config)
	var alice models.User
	if err := db.Find(&alice, "username = ?", "alice").Error; err != nil {
		t.Fatal(err)
	}
	pair, err := issuer.Pair(t.Context(), &alice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issuer.Refresh(t.Context(), pair.Refresh); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("UPDATE token_blacklist_outstandingtoken SET expires_at = ?", clock.Add(-30*time.Second).UTC()).Error; err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(30 * time.Second) // expired, and within the leeway
	if d, err := prune.Expired(t.Context(), db, prune.Config{Keep: 2 * config.Leeway}); d.JWTs != 0 || err != nil {
		t.Errorf("forgotten: %+v, %v", d, err)
	}
	if next, err := issuer.Refresh(t.Context(), pair.Refresh); err == nil || next != (jwt.Issued{}) {
		t.Errorf("a used token makes another: %v", err)
	}
	if d, err := prune.Expired(t.Context(), db, prune.Config{Keep: 1}); d.JWTs == 0 || err != nil {
		t.Errorf("forgotten in the end: %+v, %v", d, err)
	}
}
