package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/models"
)

func TestSettings(t *testing.T) {
	const key = "0123456789abcdef"
	for _, row := range []struct {
		addr, insecure string
		want           bool // cookies over plain HTTP
		err            string
	}{
		{"", "", true, ""},
		{"127.0.0.1:80", "", true, ""},
		{"127.9.9.9:80", "", true, ""},
		{"[::1]:80", "", true, ""},
		{"localhost:80", "", true, ""},
		{":80", "", false, ""}, {"0.0.0.0:80", "", false, ""}, {"[::]:80", "", false, ""}, {"10.0.0.1:80", "", false, ""},
		{"example.com:80", "", false, ""}, {"localhost.example.com:80", "", false, ""}, {"127.0.0.1.example.com:80", "", false, ""},
		{"127.0.0.1:80", "false", false, ""}, {"127.0.0.1:80", "0", false, ""}, {"0.0.0.0:80", "true", true, ""},
		{"0.0.0.0:80", "yes please", false, "INSECURE_COOKIES must be true or false"}, {"127.0.0.1", "", false, "ADDR"},
	} {
		env := map[string]string{"ADDR": row.addr, "INSECURE_COOKIES": row.insecure, "SECRET_KEY": key}
		got, err := readSettings(func(name string) string { return env[name] })
		switch {
		case row.err == "" && (err != nil || got.insecureCookies != row.want || got.secretKey != key || len(got.notices()) != 1):
			t.Errorf("%v: %+v, %v", row, got, err)
		case row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)):
			t.Errorf("%v: %v", row, err)
		}
	}
}

// TestWithoutASecretKey checks that every process generates its own key, and
// says so.
func TestWithoutASecretKey(t *testing.T) {
	seen := map[models.Secret]bool{}
	for range 3 {
		got, err := readSettings(func(string) string { return "" })
		if err != nil || len(got.secretKey) < 26 || seen[got.secretKey] || !strings.Contains(strings.Join(got.notices(), "\n"), "end with it") {
			t.Errorf("%+v, %v", got, err)
		}
		seen[got.secretKey] = true
	}
}

// TestSettingsThatCannotWork checks that such settings end the program, and
// that its message contains no secret.
func TestSettingsThatCannotWork(t *testing.T) {
	for name, row := range map[string]struct{ value, want string }{
		"SECRET_KEY":       {"hunter2", "SECRET_KEY: models: SecretKeys: key 1 has less than 16 bytes"},
		"INSECURE_COOKIES": {"hunter2", "INSECURE_COOKIES must be"},
		"REDIS_URL":        {"redis://u:hunter2@127.0.0.1:port", "REDIS_URL is not like"},
		"ADDR":             {"hunter", "ADDR: "},
		"DRAIN":            {"hunter2", "DRAIN must be a time such as 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DATABASE_URL", t.TempDir()+"/app.db")
			t.Setenv("ADDR", "127.0.0.1:0")
			t.Setenv(name, row.value)
			var out bytes.Buffer
			if code := run(t.Context(), nil, &out, &out); code != 1 || !strings.Contains(out.String(), row.want) || strings.Contains(out.String(), "hunter2") {
				t.Errorf("%d %s", code, &out)
			}
		})
	}
}
