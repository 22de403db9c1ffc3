// Command bench compares ginauth with bare Gin and with what users would
// otherwise choose, and prints tables. See README.md.
//
//	go run .           what calls cost, in one process
//	go run . endtoend  what requests cost, with a process for each server
//	go run . growth    what larger tables, users and processes change
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

func main() {
	log.SetFlags(0)
	gin.SetMode(gin.ReleaseMode)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	switch {
	case os.Getenv(serverVariable) != "":
		return serveContender(os.Stdin, os.Stdout)
	case len(arguments) > 0 && arguments[0] == "endtoend":
		return endToEnd(os.Stdout, arguments[1:])
	case len(arguments) > 0 && arguments[0] == "growth":
		return growth(os.Stdout, arguments[1:])
	}
	return inProcess(os.Stdout, arguments)
}

// inProcess measures the rows and prints a table.
func inProcess(out io.Writer, arguments []string) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	rounds := flags.Int("rounds", 200, "slices of each side")
	slice := flags.Duration("slice", time.Millisecond, "the length of a slice")
	only := flags.String("only", "", "measure the rows whose names match this regular expression")
	chart := flags.String("chart", "", "file to write a chart to, as SVG")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	writeMachine(out)
	dir, err := os.MkdirTemp("", "ginauth-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows, err := allRows(filepath.Join(dir, "bench.db"))
	if err != nil {
		return err
	}
	if os.Getenv("GINAUTH_TEST_REDIS") == "" {
		fmt.Fprintln(out, "\nleft out:", withoutRedis)
	}
	rows, err = choose(rows, chosen, func(r row) string { return r.name })
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "\n| row | beside | ns, least | beside | ns, median | beside |"+
		" ratio, least | median | allocs | beside | B | beside |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	results := make([]result, len(rows))
	for i, r := range rows {
		results[i] = measure(r, *rounds, *slice)
		fmt.Fprintln(out, results[i])
	}
	if *chart != "" {
		return os.WriteFile(*chart, drawChart(results), 0o600)
	}
	return nil
}

// choose returns those of all whose names match an expression.
func choose[T any](all []T, only *regexp.Regexp, name func(T) string) ([]T, error) {
	all = slices.DeleteFunc(all, func(one T) bool { return !only.MatchString(name(one)) })
	if len(all) == 0 {
		return nil, fmt.Errorf("-only %q matches nothing", only)
	}
	return all, nil
}

// allRows returns the rows of the table, on a new SQLite database, and on Redis
// if GINAUTH_TEST_REDIS names one.
func allRows(file string) ([]row, error) {
	s, err := newStore(file)
	if err != nil {
		return nil, err
	}
	return rowsOf(s)
}

// rowsOf returns the rows on a store, which can be used once.
func rowsOf(s *store) (rows []row, err error) {
	for _, build := range []func(*store) ([]row, error){
		routeRows, routesRows, tokenRows, jwtRows, permissionRows, listRows, sessionRows, redisRows,
	} {
		more, err := build(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
