package commands

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
)

// lockLine describes a route in a lock file. What a change of the code alone
// changes, such as the line that declared a policy, is left out, and so is
// alignment, so that a change of one route is a change of one line.
func lockLine(r ginauth.RouteInfo) string {
	line := r.Method + " " + printable(r.Path)
	if !r.Guarded {
		return line + " UNGUARDED"
	}
	for _, part := range []struct{ name, value string }{
		{"authentication", strings.Join(r.Authentication, ", ")},
		{"permissions", strings.Join(r.Permissions, ", ")},
		{"object", r.Object},
		{"throttles", strings.Join(r.Throttles, ", ")},
		{"scope", r.ThrottleScope},
	} {
		if part.value != "" || part.name == "authentication" {
			line += " " + part.name + "(" + printable(part.value) + ")"
		}
	}
	return line
}

// writeLock writes the lock file of a route table, which is sorted already.
func writeLock(file, program string, table ginauth.RouteTable, s *streams) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The policy of every route, for review. %q writes this file, and %q compares.\n",
		program+" routes --lock", program+" check --lock")
	for _, r := range table {
		b.WriteString(lockLine(r) + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil { // for reviewers to read
		return err
	}
	return s.say("Wrote the policies of %d routes to %s", len(table), file)
}

// compareLock prints the difference between a lock file and the routes, a line
// for each side, and returns an error if there is one.
func compareLock(file, program string, table ginauth.RouteTable, s *streams) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf(`%w; "%s routes --lock %s" writes it`, err, program, file)
	}
	var locked, present []string
	declared := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			locked = append(locked, line)
		}
	}
	for _, r := range table {
		line := lockLine(r)
		present = append(present, line)
		declared[line] = r.Source
	}
	changes := difference(locked, present)
	for _, c := range changes {
		source := ""
		if c.sign == "+" && declared[c.line] != "" {
			source = " (declared at " + declared[c.line] + ")"
		}
		if err := s.say("%s %s%s", c.sign, c.line, source); err != nil {
			return err
		}
	}
	if len(changes) > 0 {
		return fmt.Errorf("%s and the routes differ in %d lines, - locked, + present: review them; "+
			`"%s routes --lock %s" accepts them`, file, len(changes), program, file)
	}
	return nil
}

// change is a line that only one of two files has.
type change struct{ sign, line string }

// difference returns the lines that one list has more often than the other,
// sorted by path as the table is, what was before what is.
func difference(before, after []string) (changes []change) {
	count := map[string]int{}
	for _, line := range before {
		count[line]++
	}
	for _, line := range after {
		count[line]--
	}
	for line, n := range count {
		for range n {
			changes = append(changes, change{"-", line})
		}
		for range -n {
			changes = append(changes, change{"+", line})
		}
	}
	slices.SortFunc(changes, func(x, y change) int { return strings.Compare(x.key(), y.key()) })
	return changes
}

// key sorts changes by path, method and sign.
func (c change) key() string {
	method, rest, _ := strings.Cut(c.line, " ")
	path, _, _ := strings.Cut(rest, " ")
	sign := "0"
	if c.sign == "+" {
		sign = "1"
	}
	return path + " " + method + " " + sign + c.line
}
