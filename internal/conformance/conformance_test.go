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
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the corpus makes the application fail on purpose
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// TestCorpus replays the recorded answers of real DRF. No case may fail.
func TestCorpus(t *testing.T) {
	corpus, err := replay.Load(os.DirFS("testdata"), "corpus")
	if err != nil {
		t.Fatal(err)
	}
	if len(corpus) != 1476 {
		t.Fatalf("%d cases", len(corpus))
	}
	groups := map[string][]replay.Case{}
	for _, c := range corpus {
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

// TestEveryRouteIsGuarded checks that the application is declared without a
// finding, except for the one route that is meant to refuse every request.
func TestEveryRouteIsGuarded(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	for _, f := range newApplication(db).auth.Check() {
		if !strings.Contains(f.Message, "refuses every request") {
			t.Error(f)
		}
	}
}
