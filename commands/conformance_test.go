package commands_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/fixture"
)

// transcript records what manage.py drf_create_token did.
type transcript struct {
	Args []string
	Exit int
	// Stderr is a list if it is the text of Python's command line library.
	Stdout, Stderr any
}

func TestDRFCreateToken(t *testing.T) {
	data, err := os.ReadFile("../internal/conformance/testdata/cli.json")
	if err != nil {
		t.Fatal(err)
	}
	var transcripts []transcript
	if err := json.Unmarshal(data, &transcripts); err != nil {
		t.Fatal(err)
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := fixture.Load(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		for _, want := range transcripts {
			t.Run(strings.Join(want.Args, " "), func(t *testing.T) {
				var stdout, stderr bytes.Buffer
				app := commands.App{
					Database: func() (*gorm.DB, error) { return db, nil },
					Stdout:   &stdout, Stderr: &stderr,
				}
				code := commands.Main(t.Context(), append([]string{"token", "create"}, want.Args...), app)
				if code != want.Exit {
					t.Errorf("exit code %d, want %d", code, want.Exit)
				}
				compare(t, "stdout", stdout.String(), want.Stdout)
				compare(t, "stderr", stderr.String(), want.Stderr)
			})
		}
	})
}

// compare ignores a want that is not a string: that is the text of the command
// line library.
func compare(t *testing.T, stream, got string, want any) {
	t.Helper()
	text, ok := want.(string)
	if !ok {
		return
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(text), "<40 hex>", "[0-9a-f]{40}")
	if !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		t.Errorf("%s: %q, want %q", stream, got, text)
	}
}
