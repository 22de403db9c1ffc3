package main

import (
	"io"
	"os"
	"slices"
	"testing"
)

// TestGrowth measures the two smallest sizes of each series, which checks the
// answers, and checks what does not depend on the machine.
func TestGrowth(t *testing.T) {
	all, omitted := allSeries(100)
	for _, reason := range omitted {
		t.Log("left out:", reason)
	}
	fixed := map[string]map[string]string{ // by series and column
		"permissions of a user":        {"statements": "2"},
		"groups of a user":             {"statements": "2"},
		"keys of a throttle in memory": {"allocs": "0"},
		"tokens and users, PostgreSQL": {"statements a request": "1"},
		"rows, PostgreSQL":             {"statements, owned": "1", "statements, granted": "1"},
	}
	if os.Getenv("GINAUTH_TEST_POSTGRES") == "" {
		delete(fixed, "tokens and users, PostgreSQL")
		delete(fixed, "rows, PostgreSQL")
	}
	var lines []line
	for _, s := range all {
		cells := fixed[s.name]
		delete(fixed, s.name)
		t.Run(s.name, func(t *testing.T) {
			s.sizes = s.sizes[:2]
			points, err := s.measure(io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range points {
				if len(p.cells) != len(s.columns) || len(p.values) != len(s.lines) || slices.Min(p.values) <= 0 {
					t.Errorf("%d: %q, %v", p.size, p.cells, p.values)
				}
				for column, want := range cells {
					i := slices.Index(s.columns, column)
					if i < 0 {
						t.Fatalf("no column %q among %q", column, s.columns)
					}
					if p.cells[i] != want {
						t.Errorf("%d: %s: %s, want %s", p.size, column, p.cells[i], want)
					}
				}
			}
			lines = append(lines, s.chart(points)...)
		})
	}
	if len(fixed) > 0 {
		t.Errorf("no series for %v", fixed)
	}
	if len(all) < 5 {
		t.Errorf("only %d series", len(all))
	}
	checkXML(t, drawGrowth(lines))
}
