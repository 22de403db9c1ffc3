package main

import (
	"flag"
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/conformance/replay"
	"github.com/ginauth/ginauth/internal/dbtest"
)

var all = flag.Bool("all", false, "replay the cases of routes that are not there yet too")

func TestMain(m *testing.M) {
	flag.Parse()
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the corpus makes the application fail on purpose
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// notYet are the routes of the reference application that this one has not: sessions, JWT, RemoteUser, API keys, notes, throttles.
var notYet = regexp.MustCompile(`^/(n|t|jwt|session)/|^/[mgcdx]/[\w-]*(session|remote|jwt)|/apikey`)

// TestCorpus replays what real DRF answered. No case of a route that is there may fail.
func TestCorpus(t *testing.T) {
	corpus, err := replay.Load(os.DirFS("testdata"), "corpus")
	if err != nil {
		t.Fatal(err)
	}
	var cases []replay.Case
	for _, c := range corpus {
		if *all || !reaches(c, notYet) {
			cases = append(cases, c)
		}
	}
	if len(corpus) != 1476 || !*all && len(cases) != 690 {
		t.Fatalf("%d of %d cases", len(cases), len(corpus))
	}
	groups := map[string][]replay.Case{}
	for _, c := range cases {
		groups[c.Group] = append(groups[c.Group], c)
	}
	for group, cases := range groups {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) { replayAll(t, db, cases) })
		})
	}
}

// replayAll sends the cases of a group to an application of its own.
func replayAll(t *testing.T, db *gorm.DB, cases []replay.Case) {
	dbtest.Fixture(t, db)
	server := httptest.NewServer(newApplication(db).engine)
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

func reaches(c replay.Case, paths *regexp.Regexp) bool {
	return slices.ContainsFunc(append(c.Steps, c.Step), func(s replay.Step) bool { return paths.MatchString(s.Request.Path) })
}

// TestEveryRouteIsGuarded: the application is declared without a finding, but for the route whose point is that nobody gets in.
func TestEveryRouteIsGuarded(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	for _, f := range newApplication(db).auth.Check() {
		if !strings.Contains(f.Message, "refuses everybody") {
			t.Error(f)
		}
	}
}
