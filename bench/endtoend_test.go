package main

import (
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// TestMain makes the test program a server where [contender.run] starts it.
func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	manyRoutes, rounds = someRoutes, 3
	if os.Getenv(serverVariable) != "" {
		if err := run(nil); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// TestServers checks that each contender gives the right answers and can be
// measured.
func TestServers(t *testing.T) {
	w, closeWorld, err := newWorld(3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeWorld)
	all, omitted := contenders(w)
	for _, reason := range omitted {
		t.Log("left out:", reason)
	}
	found := samples{}
	for _, c := range all {
		if err := measureOne(w, c, 2, 20*time.Millisecond, found); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for _, how := range modes {
			got := found[c.name][how][0]
			if got.perSecond <= 0 || got.p50 <= 0 || got.p99 < got.p50 || got.cpu < 0 || c.build != nil && got.cpu == 0 {
				t.Errorf("%s, %s: %+v", c.name, how, got)
			}
		}
		for _, peer := range c.beside {
			if peer != django && found[peer] == nil {
				t.Errorf("%s is compared with %s, which does not come before it", c.name, peer)
			}
		}
	}
	if len(all) < 15 {
		t.Errorf("only %d servers", len(all))
	}
	var table strings.Builder
	writeEndToEnd(&table, all, found)
	if lines := strings.Count(table.String(), "\n| ginauth"); lines < 20 || strings.Contains(table.String(), "NaN") {
		t.Errorf("a table with %d lines of ginauth:\n%s", lines, &table)
	}
}

// TestWrongAnswersAreNotMeasured checks that a server that lets requests pass,
// names another user or refuses all is noticed.
func TestWrongAnswersAreNotMeasured(t *testing.T) {
	w, closeWorld, err := newWorld(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeWorld)
	right := contender{name: cacheByHand}
	for name, spoil := range map[string]func(*server){
		"as it is":        func(*server) {},
		"another user":    func(s *server) { s.credentials[1].User = "user0" },
		"another refusal": func(s *server) { s.refusal = 403 },
		"a wrong token":   func(s *server) { s.credentials[0].Value += "x" },
	} {
		s, err := right.run(w)
		if err != nil {
			t.Fatal(err)
		}
		spoil(s)
		if err := s.check(); (err == nil) != (name == "as it is") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := load(target{[]string{s.address}, s.credentials, 1}, keepAlive, limit{requests: 2}); (err != nil) != (name == "a wrong token") {
			t.Errorf("%s, loaded: %v", name, err)
		}
		s.stop()
	}
}
