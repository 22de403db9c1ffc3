// Command bench compares ginauth with bare Gin and with what users would
// otherwise choose, in one process, and prints a table. See README.md.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gin-gonic/gin"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 200, "slices of each side")
	slice := flag.Duration("slice", time.Millisecond, "the length of a slice")
	chart := flag.String("chart", "", "file to write a chart to, as SVG")
	flag.Parse()
	gin.SetMode(gin.ReleaseMode)

	dir, err := os.MkdirTemp("", "ginauth-bench")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	rows, err := allRows(filepath.Join(dir, "bench.db"))
	if err != nil {
		log.Fatal(err) //nolint:gocritic // a directory in /tmp remains
	}
	fmt.Println("| row | beside | ns, least | beside | ns, median | beside | ratio, least | median | allocs | beside | B | beside |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	results := make([]result, len(rows))
	for i, r := range rows {
		results[i] = measure(r, *rounds, *slice)
		fmt.Println(results[i])
	}
	if *chart != "" {
		if err := os.WriteFile(*chart, drawChart(results), 0o600); err != nil {
			log.Fatal(err)
		}
	}
}

// allRows returns the rows of the table, on a new SQLite database, and on Redis
// if GINAUTH_TEST_REDIS names one.
func allRows(file string) ([]row, error) {
	s, err := newStore(file)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, make := range []func(*store) ([]row, error){routeRows, tokenRows, jwtRows, permissionRows, sessionRows, redisRows} {
		more, err := make(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
