package accesstoken_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// knownToken has the checksum of Python's zlib.crc32, in base 62.
const knownToken = "gat1_0123456789ABabcdefghijklmnopqrstuvwxyz0123450zhZIp"

func TestVerifyAccessTokenFormat(t *testing.T) {
	t.Parallel()
	if id, ok := accesstoken.ParseID(knownToken); !ok || id != "0123456789AB" {
		t.Errorf("%q, %v", id, ok)
	}
	for i := range knownToken { // any other letter is wrong in any place
		for _, c := range []byte("0aZ_\x00 ") {
			if changed := knownToken[:i] + string(c) + knownToken[i+1:]; changed != knownToken {
				if _, ok := accesstoken.ParseID(changed); ok {
					t.Errorf("%q", changed)
				}
			}
		}
		if _, ok := accesstoken.ParseID(knownToken[:i]); ok {
			t.Errorf("%q", knownToken[:i])
		}
	}
	for _, text := range []string{"", knownToken + "0", " " + knownToken, knownToken + "\n", knownToken[3:], strings.Repeat("x", 1<<20)} {
		if _, ok := accesstoken.ParseID(text); ok {
			t.Errorf("%.80q", text)
		}
	}
}

func TestAccessTokenPattern(t *testing.T) {
	t.Parallel()
	text := "curl -H 'Authorization: Bearer " + knownToken + "' https://example.com # not acme1_x or x" + knownToken + "x"
	for pattern, want := range map[string]int{
		accesstoken.Prefixes{}.Pattern(): 1, accesstoken.Prefixes{"gat"}.Pattern(): 1, accesstoken.Prefixes{"acme", "gat"}.Pattern(): 1, accesstoken.Prefixes{"acme"}.Pattern(): 0,
	} {
		found := regexp.MustCompile(pattern).FindAllString(text, -1)
		if len(found) != want || want == 1 && found[0] != knownToken {
			t.Errorf("%s: %q", pattern, found)
		}
	}
}

// TestTheDocumentShowsTheFormat: the document's example is a token, and its
// expression is the code's.
func TestTheDocumentShowsTheFormat(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "    "+knownToken+"\n") || !strings.Contains(string(text), "`"+accesstoken.Prefixes{}.Pattern()+"`") {
		t.Error("docs/tokens.md shows another format")
	}
}

func FuzzParseID(f *testing.F) {
	pattern := regexp.MustCompile(`^` + accesstoken.Prefixes{}.Pattern() + `$`)
	f.Add(knownToken)
	f.Add("gat1_")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := accesstoken.ParseID(text); ok && (!pattern.MatchString(text) || !strings.Contains(text, id)) {
			t.Errorf("%q is a token, but scanners do not find it", text)
		}
	})
}

func tokensOf(t *testing.T, db *gorm.DB) *accesstoken.Store {
	t.Helper()
	tokens, err := accesstoken.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestTokenPrefixes(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		w := newTokensWorld(t, db)
		_, old := w.create(t, w.alice, draft("profile"))
		for _, prefixes := range []accesstoken.Prefixes{{}, {""}, {"a"}, {"acme", "a1"}, {"acme_"}, {strings.Repeat("x", 21)}} {
			if err := db.Use(prefixes); err == nil {
				t.Errorf("%q", prefixes)
			}
		}
		both := dbtest.Open(t, url)
		if err := errors.Join(both.Use(accesstoken.Prefixes{"acme", "gat"}), both.Use(tokenScopes)); err != nil {
			t.Fatal(err)
		}
		w.tokens = tokensOf(t, both)
		_, secret := w.create(t, w.alice, draft("profile"))
		if !strings.HasPrefix(secret, "acme1_") || w.whose(t, secret) != "alice" || w.whose(t, old) != "alice" {
			t.Error("a prefix is not accepted")
		}
		later := dbtest.Open(t, url)
		if err := later.Use(accesstoken.Prefixes{"acme"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := tokensOf(t, later).Verify(t.Context(), old); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a prefix that was taken away: %v", err)
		}
		for text, want := range map[string]bool{
			"acme1_": true, "gat1_x": true, "gat22_x": true, "gat_": false, "gat1": false, "gatx1_": false, "acm1_": false, "": false,
			"eyJhbGciOiJIUzI1NiJ9.e30.x": false, "gat" + strings.Repeat("1", 1<<20): false, "GAT1_": false,
		} {
			if got := w.tokens.Recognises(text); got != want {
				t.Errorf("%.40q: %v", text, got)
			}
		}
	})
}

func TestScopesAreChecked(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		for _, scopes := range []models.Scopes{{"": {}}, {"*": {}}, {"a b": {}}, {"é": {}}, {`a"`: {}}, {"a": {"view_note"}}, {"a": {".x"}}} {
			if err := db.Use(scopes); err == nil {
				t.Errorf("%q", scopes)
			}
		}
	})
}

func TestExpiryPrintsItself(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	got := fmt.Sprint(accesstoken.Expiry{}, accesstoken.NeverExpires, accesstoken.ExpiresIn(time.Hour), accesstoken.ExpiresAt(at))
	if want := "unknown never in 1h0m0s at 2027-01-01T00:00:00Z"; got != want {
		t.Error(got)
	}
}

// TestNoSecretOfATokenIsShown, however a token is printed, nor by any log of
// the database.
func TestNoSecretOfATokenIsShown(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		var log bytes.Buffer
		db.Logger = loggerTo(&log)
		w := newTokensWorld(t, db)
		token, secret, err := w.tokens.Create(t.Context(), w.alice, draft("notes:read"))
		if err != nil {
			t.Fatal(err)
		}
		_, verified, err := w.tokens.Verify(t.Context(), string(secret))
		if err != nil {
			t.Fatal(err)
		}
		_, second, err := w.tokens.Rotate(t.Context(), w.alice, token.ID, accesstoken.Rotation{})
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = w.tokens.Verify(t.Context(), string(secret))
		modeltest.Execute(t, db, "INSERT INTO authtoken_token (key, created, user_id) SELECT '"+strings.Repeat("d", 40)+
			"', date_joined, id FROM auth_user WHERE username = 'bob'")
		log.Reset()
		if _, err := w.tokens.ImportDRF(t.Context(), accesstoken.Import{Scopes: []string{"*"}, Expiry: accesstoken.NeverExpires}); err != nil {
			t.Fatal(err)
		}
		for _, value := range []any{token, *token, verified, *verified, secret, struct{ S models.Secret }{secret}} {
			body, _ := json.Marshal(value)
			fmt.Fprintf(&log, "%v %+v %#v %s ", value, value, value, body)
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		}
		for _, text := range []string{string(secret), string(second), string(secret)[17:49], "alice-pw", strings.Repeat("d", 40), "sha256$"} {
			if strings.Contains(log.String(), text) {
				t.Errorf("%s is shown:\n%s", text, &log)
			}
		}
	})
}
