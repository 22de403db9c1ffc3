package main

import (
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/conformance/replay"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the corpus makes the application fail on purpose
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// stacks are the ones whose answers are recorded. A corpus is that of Django
// 3.2 with the cases that a newer stack answers otherwise in their place.
var stacks = []struct {
	name     string
	declared drf.Stack
	changed  string // file
	cases    int    // in it
}{
	{"django-3.2", drf.Stack{Django: "3.2", DRF: "3.14", SimpleJWT: "5.2", APIKey: "2.0"}, "", 0},
	{"django-4.2", drf.Stack{Django: "4.2", DRF: "3.16", SimpleJWT: "5.5", APIKey: "3.1"}, "testdata/django-4.2.jsonl", 84},
	{"django-5.2", drf.Stack{}, "testdata/django-5.2.jsonl", 99},
}

// notOurs names the cases whose answer is not Django's or DRF's own, and says
// whose it is. Their alternatives are accepted; all other cases must be answered
// as recorded.
var notOurs = map[string]string{
	"hashes/wrong-bcry72":              "Python's bcrypt 5 crashes on more than 72 bytes",
	"jwt-tokens/pair-bad-json":         "the text of Python's JSON parser",
	"parse/bad-json-anyone":            "the text of Python's JSON parser",
	"session-fixed/two-cookie-headers": "gunicorn joins the lines with a comma",
	"transport/bell-in-key":            "the HTTP server refuses the line",
	"transport/del-in-key":             "the HTTP server refuses the line",
	"transport/escape":                 "the HTTP server refuses the line",
	"transport/nul-alone":              "the HTTP server refuses the line",
	"transport/nul-in-key":             "the HTTP server refuses the line",
	"transport/space-before-colon":     "the HTTP server refuses the line",
	"transport/underscore-name":        "the HTTP server drops the line",
	"transport/unit-separator":         "the HTTP server refuses the line",
	"transport/vertical-tab":           "the HTTP server refuses the line",
}

// TestCorpus replays the recorded answers of real DRF. No case may fail.
func TestCorpus(t *testing.T) {
	for _, s := range stacks {
		t.Run(s.name, func(t *testing.T) {
			groups := map[string][]replay.Case{}
			for _, c := range corpusOf(t, s.changed, s.cases) {
				groups[c.Group] = append(groups[c.Group], c)
			}
			for group, cases := range groups {
				t.Run(group, func(t *testing.T) {
					t.Parallel()
					dbtest.Run(t, func(t *testing.T, db *gorm.DB) { replayAll(t, db, s.declared, cases) })
				})
			}
		})
	}
}

// corpusOf returns the corpus of a stack, without alternatives but for the cases
// that are notOurs.
func corpusOf(t *testing.T, changed string, n int) []replay.Case {
	corpus := load(t, "corpus", 1476)
	if changed != "" {
		var err error
		if corpus, err = replay.Replace(corpus, load(t, strings.TrimPrefix(changed, "testdata/"), n)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range corpus {
		if notOurs[corpus[i].ID] != "" {
			continue
		}
		corpus[i].Alternatives = nil
		for j := range corpus[i].Steps {
			corpus[i].Steps[j].Alternatives = nil
		}
	}
	return corpus
}

func load(t *testing.T, name string, n int) []replay.Case {
	cases, err := replay.Load(os.DirFS("testdata"), name)
	if err != nil || len(cases) != n {
		t.Fatalf("%s: %d cases, want %d: %v", name, len(cases), n, err)
	}
	return cases
}

// replayAll sends the cases of a group to an application of its own.
func replayAll(t *testing.T, db *gorm.DB, declared drf.Stack, cases []replay.Case) {
	dbtest.Fixture(t, db)
	if err := db.Use(declared); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newApplication(db, recordedIterations).engine)
	defer server.Close()
	report, err := replay.Run(t.Context(), server.URL, cases, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Failed() {
		t.Error(result)
	}
	t.Logf("\n%s", report)
}

// TestEveryRouteIsGuarded checks that the application is declared without a
// finding, except for the routes that are meant to refuse every request.
func TestEveryRouteIsGuarded(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	for _, f := range newApplication(db, recordedIterations).auth.Check() {
		if !strings.Contains(f.Message, "refuses every request") {
			t.Error(f)
		}
	}
}
