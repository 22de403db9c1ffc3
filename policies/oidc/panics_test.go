package oidc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/oidc"
)

// TestWrongConfigsStopTheStart checks wrong configs, above all those that would
// accept tokens made for others.
func TestWrongConfigsStopTheStart(t *testing.T) {
	for _, row := range []struct {
		want   string
		change func(*oidc.Config)
	}{
		{"", func(*oidc.Config) {}},
		{"", func(c *oidc.Config) { c.Issuer = "http://localhost:8080/realms/main" }},
		{"", func(c *oidc.Config) { c.Issuer = "http://[::1]:8080" }},
		{"", func(c *oidc.Config) { c.JWKSURL = "https://keys.example.com/?p=policy" }},
		{"the Issuer is missing", func(c *oidc.Config) { c.Issuer = "" }},
		{"the Issuer must be https", func(c *oidc.Config) { c.Issuer = "http://login.example.com" }},
		{"the Issuer must be https", func(c *oidc.Config) { c.Issuer = "http://localhost.example.com" }},
		{"the Issuer must be https", func(c *oidc.Config) { c.Issuer = "http://127.0.0.1.example.com" }},
		{"the Issuer must be https", func(c *oidc.Config) { c.Issuer = "http://192.168.0.1" }},
		{"the Issuer must be https", func(c *oidc.Config) { c.Issuer = "ftp://login.example.com" }},
		{"the Issuer is not a URL", func(c *oidc.Config) { c.Issuer = "login.example.com" }},
		{"the Issuer is not a URL", func(c *oidc.Config) { c.Issuer = "https://%zz" }},
		{"without user and fragment", func(c *oidc.Config) { c.Issuer = "https://root:hunter2@login.example.com" }},
		{"without user and fragment", func(c *oidc.Config) { c.Issuer = "https://login.example.com/#x" }},
		{"without a query", func(c *oidc.Config) { c.Issuer = "https://login.example.com/?tenant=1" }},
		{"the JWKSURL must be https", func(c *oidc.Config) { c.JWKSURL = "http://login.example.com/keys" }},
		{"the JWKSURL must be https", func(c *oidc.Config) { c.JWKSURL = "http://127.0.0.1/keys" }},
		{"the JWKSURL is not a URL", func(c *oidc.Config) { c.JWKSURL = "/keys" }},
		{"the Audience is missing", func(c *oidc.Config) { c.Audience = nil }},
		{"Audience is missing", func(c *oidc.Config) { c.Audience = []string{""} }},
		{"HS256 has a secret", func(c *oidc.Config) { c.Algorithms = []string{"RS256", "HS256"} }},
		{`"none" is not an algorithm`, func(c *oidc.Config) { c.Algorithms = []string{"none"} }},
		{`"" is not an algorithm`, func(c *oidc.Config) { c.Algorithms = []string{""} }},
		{"a duration is negative", func(c *oidc.Config) { c.Leeway = -1 }},
		{"a duration is negative", func(c *oidc.Config) { c.Timeout = -1 }},
		{"a duration is negative", func(c *oidc.Config) { c.RetryInterval = -1 }},
		{"MaxTokenBytes is negative", func(c *oidc.Config) { c.MaxTokenBytes = -1 }},
		{"must not exceed", func(c *oidc.Config) { c.RetryInterval = time.Hour }},
		{"must not exceed", func(c *oidc.Config) { c.MaxStale = time.Minute }},
		{"UserField has no effect", func(c *oidc.Config) { c.UserField = "username" }},
	} {
		config := oidc.Config{Issuer: "https://login.example.com", Audience: []string{audience}}
		row.change(&config)
		message := panics.Of(func() { oidc.NewStatelessAuthenticator(config) })
		if !strings.Contains(message, row.want) || (message == "") != (row.want == "") || strings.Contains(message, "hunter2") {
			t.Errorf("%+v: %q, want %q", config, message, row.want)
		}
	}
	db := dbtest.Open(t, dbtest.SQLite(t))
	for field, want := range map[string]string{
		"": "the UserField is missing", "email": "must be unique", "sub": `no column "sub"`, "username": "",
	} {
		config := oidc.Config{Issuer: "https://login.example.com", Audience: []string{audience}, UserField: field}
		if message := panics.Of(func() { oidc.NewAuthenticator(db, config) }); !strings.Contains(message, want) || (message == "") != (want == "") {
			t.Errorf("UserField %q: %q, want %q", field, message, want)
		}
	}
	config := oidc.Config{Issuer: "https://login.example.com", Audience: []string{audience}}
	for want, f := range map[string]func(){
		"NewAuthenticatorFunc: the function is nil": func() { oidc.NewAuthenticatorFunc(config, nil) },
		"there is no other authenticator":           func() { oidc.NewStatelessAuthenticator(config).OrElse(nil) },
	} {
		if message := panics.Of(f); !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	}
	a := oidc.NewStatelessAuthenticator(config)
	if got := fmt.Sprint(a.OrElse(a)); got != "StatelessOIDC(https://login.example.com), else StatelessOIDC(https://login.example.com)" {
		t.Error(got)
	}
}
