package commands_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// tricks are names that would send commands to a terminal, forge a line, or
// read as another name.
var tricks = map[string]string{
	"clear the screen":   "bob\x1b[2J\x1b[H",
	"set the title":      "bob\x1b]0;owned\a",
	"one byte CSI":       "bob\u009b2J",
	"another line":       "bob\nCreated user root",
	"overwritten":        "bob\rroot",
	"backspaces":         "bob\b\b\broot",
	"a column":           "bob\tyes\tyes",
	"right to left":      "bob\u202etoor",
	"isolated":           "bob\u2066root\u2069",
	"invisible":          "bo\u200bb",
	"a line of Unicode":  "bob\u2028root",
	"tags":               "bob\U000e0072\U000e006f",
	"no-break space":     "bob\u00a0root",
	"delete":             "bob\x7f",
	"vertical tab, feed": "bob\v\froot",
}

// TestOutputCommandsNoTerminal checks that, whatever a name contains, every
// command prints it, to both streams, as visible characters, on the same lines
// as it prints for any name.
func TestOutputCommandsNoTerminal(t *testing.T) {
	for name, trick := range tricks {
		t.Run(name, func(t *testing.T) {
			url := filepath.Join(t.TempDir(), "app.db")
			run := func(args ...string) {
				t.Helper()
				var out, err bytes.Buffer
				app := commands.App{DatabaseFromURL: open, Stdin: strings.NewReader("porridge-42\n"), Stdout: &out, Stderr: &err}
				args = append(args, "--database", url)
				commands.Main(t.Context(), args, app)
				checkOutput(t, args, out.String())
				checkOutput(t, args, err.String())
				if strings.Count(err.String(), "\n") > 1 || !strings.Contains(strings.Join(args[:len(args)-2], " "), "list") && args[0] != "login-failures" && args[0] != "migrate" && args[1] != "show" && strings.Count(out.String(), "\n") > 1 {
					t.Errorf("%q prints more than a line: %q %q", args, &out, &err)
				}
			}
			run("migrate")
			db, err := open(url)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Exec("INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined) "+
				"VALUES (?, '!', false, '', '', '', false, true, '2024-01-01 00:00:00')", trick).Error; err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"user", "create", trick},
				{"user", "create", trick + "x"},
				{"user", "create", trick, "--insecure-skip-validation"},
				{"user", "list"},
				{"user", "set-password", trick},
				{"user", "deactivate", trick}, {"user", "activate", trick}, {"user", "activate", trick + "y"}, {"user", "revoke-all", trick, "--yes"},
				{"user", "show", trick}, {"user", "show", trick + "y"},
				{"group", "create", trick}, {"group", "create", trick}, {"group", "list"}, {"group", "members", trick + "y"},
				{"group", "add", trick, trick}, {"group", "remove", trick, trick}, {"group", "add", trick, trick + "y"},
				{"group", "grant", trick, trick + ".x"}, {"group", "revoke", trick, trick}, {"group", "delete", trick, "--yes"},
				{"perm", "grant", trick, trick}, {"perm", "list"}, {"completion", trick},
				{"token", "create", trick},
				{"token", "create", trick + "y"},
				{"token", "create", "-r", trick},
				{"token", "revoke", trick},
				{"token", "revoke", trick},
				{"service", "create", trick, "--scope", trick}, {"service", "create", trick, "--scope", "*"}, {"service", "list"},
				{"service", "deactivate", trick}, {"service", "activate", trick + "y"},
				{"accesstoken", "create", trick, "--name", trick, "--scope", "*", "--expires", "never"},
				{"accesstoken", "create", trick, "--name", trick, "--scope", trick, "--expires", trick},
				{"accesstoken", "list", trick}, {"accesstoken", "list", "--service", trick}, {"accesstoken", "revoke", trick},
				{"accesstoken", "rotate", trick}, {"accesstoken", "revoke-all", trick, "--yes"}, {"accesstoken", "revoke-all", "--service", trick},
				{"apikey", "create", trick}, {"apikey", "list"}, {"apikey", "revoke", trick},
				{"login-failures", "show", trick}, {"login-failures", "reset", trick}, {"login-failures", "reset", "--network", trick},
				{"prune", "--keep", trick},
				{"user", "delete", trick}, {"user", "delete", trick, "--yes"},
				{"token", "import", "--from", trick},
				{trick},
				{"user", trick},
				{"user", "list", "--" + trick},
			} {
				run(args...)
			}
			url = filepath.Join(t.TempDir(), trick+".db")
			run("user", "list")
			url = "postgres://" + trick + "@127.0.0.1:1/" + trick
			run("user", "list")
		})
	}
}

func checkOutput(t *testing.T, args []string, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(text) {
		t.Errorf("%q prints %q", args, text)
	}
}

// TestRoutesCommandNoTerminal checks the same for names that the application
// chooses, and that JSON remains JSON.
func TestRoutesCommandNoTerminal(t *testing.T) {
	for name, trick := range tricks {
		t.Run(name, func(t *testing.T) {
			routes := func() (*ginauth.Auth, error) {
				engine := gin.New()
				auth := ginauth.New(engine, ginauth.PermissionClasses(policies.InGroup(trick)))
				engine.GET("/"+trick, ok)
				return auth, nil
			}
			for _, args := range [][]string{{"routes"}, {"check"}, {"routes", "--json"}} {
				var out, err bytes.Buffer
				commands.Main(t.Context(), args, commands.App{Database: openNotes, Routes: routes, Stdout: &out, Stderr: &err})
				checkOutput(t, args, out.String())
				checkOutput(t, args, err.String())
				var decoded []struct{ Path string }
				if len(args) > 1 && (json.Unmarshal(out.Bytes(), &decoded) != nil || decoded[0].Path != "/"+trick) {
					t.Errorf("%q prints %q", args, &out)
				}
			}
		})
	}
}
