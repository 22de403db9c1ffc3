package oauth2token_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/oauth2token"
)

// TestUnknownTables checks that a table that is missing or lacks a column is
// an error at the start and at each request, until it is mended.
func TestUnknownTables(t *testing.T) {
	t.Parallel()
	const table = "oauth2_provider_accesstoken"
	const alter = "ALTER TABLE " + table + " "
	rows := []struct {
		name    string
		version oauthtest.Version
		change  string
		want    string // "": not an error
	}{
		{"missing", oauthtest.V4, "DROP TABLE " + table, `the database has no table ` + table + `: run Django's "migrate oauth2_provider"`},
		{"no user", oauthtest.V4, alter + "RENAME COLUMN user_id TO owner_id", `has no column "user_id"; it has`},
		{"no application", oauthtest.V4, alter + "RENAME COLUMN application_id TO client_id", `has no column "application_id"`},
		{"no end", oauthtest.V1, alter + "RENAME COLUMN expires TO ends", `has no column "expires"`},
		{"no scope", oauthtest.V3, alter + "RENAME COLUMN scope TO scopes", `has no column "scope"`},
		{"no time", oauthtest.V3, alter + "RENAME COLUMN created TO made", `has no column "created"`},
		{"no id", oauthtest.V3, alter + "RENAME COLUMN id TO uuid", `has no column "id"`},
		{"no token", oauthtest.V1, alter + "RENAME COLUMN token TO key", `has no column "token"`},
		{"resources without a digest", oauthtest.V4, alter + "RENAME COLUMN token_checksum TO digest", `has no column "token_checksum"`},
		{"another column", oauthtest.V4, alter + "ADD COLUMN note text", ""},
		{"no text beside the digest", oauthtest.V4, alter + "DROP COLUMN token", ""},
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		alice := people.Named(t, db, "alice").ID
		for _, row := range rows {
			oauthtest.Drop(t, db)
			oauthtest.Create(t, db, row.version)
			oauthtest.Insert(t, db, row.version, oauthtest.Row{Token: "good", User: alice})
			modeltest.Execute(t, db, row.change)
			s := storeOf(t, db, "")
			got, err := verified(t, s, "good"), s.Preflight(t.Context())
			if row.want == "" {
				if got != "alice " || err != nil {
					t.Errorf("%s: %s, %v", row.name, got, err)
				}
				continue
			}
			if !strings.HasPrefix(got, "failure") || !strings.Contains(got, row.want) || err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: %s; %v; want %s", row.name, got, err, row.want)
			}
			oauthtest.Drop(t, db)
			oauthtest.Create(t, db, row.version)
			if err := s.Preflight(t.Context()); err != nil || verified(t, s, "good") != "none" {
				t.Errorf("%s, mended: %v", row.name, err)
			}
		}
	})
}

// TestMigrationWhileServing checks that a server obeys the columns that Django
// adds while it runs, without a restart.
func TestMigrationWhileServing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		oauthtest.Create(t, db, oauthtest.V1)
		for _, token := range []string{"free", "bound"} {
			oauthtest.Insert(t, db, oauthtest.V1, oauthtest.Row{Token: token, User: people.Named(t, db, "alice").ID})
		}
		counted, counter := dbtest.Count(db)
		s := storeOf(t, counted, "")
		for _, step := range []struct {
			name        string
			migrate     []string
			free, bound string
		}{
			{"1.0", nil, "alice ", "alice "},
			{"3.0", []string{"ALTER TABLE oauth2_provider_accesstoken ADD COLUMN token_checksum varchar(64)",
				"UPDATE oauth2_provider_accesstoken SET token_checksum = '" + digest("free") + "' WHERE token = 'free'",
				"UPDATE oauth2_provider_accesstoken SET token_checksum = '" + digest("bound") + "' WHERE token = 'bound'"}, "alice ", "alice "},
			{"3.4", []string{"ALTER TABLE oauth2_provider_accesstoken ADD COLUMN resource text NOT NULL DEFAULT '[]'",
				`UPDATE oauth2_provider_accesstoken SET resource = '["https://other.example"]' WHERE token = 'bound'`}, "alice ", "resource"},
		} {
			modeltest.Execute(t, db, step.migrate...)
			counter.Statements()
			if got := verified(t, s, "bound"); got != step.bound {
				t.Errorf("%s: %s, want %s", step.name, got, step.bound)
			}
			if n := counter.Statements(); n > 3 {
				t.Errorf("%s: the first request makes %d statements", step.name, n)
			}
			if got := verified(t, s, "free"); got != step.free || counter.Statements() != 1 {
				t.Errorf("%s: %s, want %s", step.name, got, step.free)
			}
		}
	})
}

// TestResources checks to which APIs a restricted token may be presented.
func TestResources(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		oauthtest.Create(t, db, oauthtest.V4)
		const api = "https://api.example.com/v1"
		for _, row := range []struct{ resource, of, want string }{
			{`[]`, "", "good"},
			{`null`, "", "good"},
			{`["https://api.example.com"]`, "", "resource"},
			{`["https://api.example.com"]`, api, "good"},
			{`["https://api.example.com/"]`, api, "good"},
			{`["HTTPS://API.example.com:443/v1/"]`, api, "good"},
			{`["https://api.example.com/x/../v1?q=1"]`, api, "good"},
			{`["https://other.example", "https://api.example.com/v1"]`, api, "good"},
			{`["https://api.example.com/v1"]`, api + "/", "good"},
			{`["https://api.example.com/v1/notes"]`, api, "resource"}, // for a part of the API
			{`["https://api.example.com/v10"]`, api, "resource"},
			{`["https://api.example.com/v"]`, api, "resource"},
			{`["http://api.example.com"]`, api, "resource"},
			{`["https://api.example.com:8443"]`, api, "resource"},
			{`["https://api.example.com@evil.example"]`, api, "resource"},
			{`["https://api.example.com.evil.example"]`, api, "resource"},
			{`["https://api.example.com/#x"]`, api, "resource"},
			{`["/v1"]`, api, "resource"},
			{`["urn:api"]`, api, "resource"},
			{`[""]`, api, "resource"},
			{`[1]`, api, "failure"},
			{`{"a": 1}`, api, "failure"},
			{`"https://api.example.com"`, api, "failure"},
		} {
			modeltest.Execute(t, db, "DELETE FROM oauth2_provider_accesstoken")
			oauthtest.Insert(t, db, oauthtest.V4, oauthtest.Row{Token: "t", User: people.Named(t, db, "alice").ID, Scope: "good", Resource: row.resource})
			got := verified(t, storeOf(t, db, row.of), "t")
			if got = strings.TrimPrefix(got, "alice "); !strings.HasPrefix(got, row.want) {
				t.Errorf("%s of %q: %s, want %s", row.resource, row.of, got, row.want)
			}
		}
	})
}

// TestOutage checks that a database that goes away is a failure, and one that
// is back is asked again.
func TestOutage(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := dbtest.WithOutage(t, url)
		people.Create(t, db)
		oauthtest.Create(t, db, oauthtest.V4)
		oauthtest.Insert(t, db, oauthtest.V4, oauthtest.Row{Token: "good", User: people.Named(t, db, "alice").ID})
		for steps := range 4 { // before and within the reading of the columns, and the look-up
			s := storeOf(t, db, "")
			outage.Begin(steps, true)
			got := verified(t, s, "good")
			if happened := outage.End(); happened && !strings.HasPrefix(got, "failure") || !happened && got != "alice " {
				t.Errorf("%d steps: %s", steps, got)
			}
			outage.Begin(0, true)
			if err := s.Preflight(t.Context()); err != nil {
				t.Errorf("%d steps: the database does not answer, so nothing can be found out: %v", steps, err)
			}
			outage.End()
			if got := verified(t, s, "good"); got != "alice " {
				t.Errorf("%d steps, back: %s", steps, got)
			}
		}
	})
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func of(db *gorm.DB, resource string) error {
	_, err := oauth2token.Of(db, resource)
	return err
}

// TestSettings checks what [oauth2token.Of] refuses.
func TestSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for resource, ok := range map[string]bool{
		"": true, "https://api.example.com": true, "http://[::1]:8000/v1": true,
		"api.example.com": false, "/v1": false, "https://": false, "https://user@api.example.com": false, "https://api.example.com/#x": false, "%": false,
	} {
		if err := of(db, resource); (err == nil) != ok {
			t.Errorf("%q: %v", resource, err)
		}
	}
}
