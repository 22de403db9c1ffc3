package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

// series measures the same thing at growing sizes.
type series struct {
	name    string   // what grows
	columns []string // of the table, beside the size
	lines   []string // of the chart
	sizes   []int

	// open prepares the measurements. They are called with growing sizes.
	open func() (measure func(size int) (point, error), done func(), err error)
}

// point is a line of a series' table.
type point struct {
	size   int
	cells  []string
	values []float64 // one for each line of the chart
	plans  []string  // PostgreSQL's, printed for the largest size
}

// allSeries returns the series for what is there, with at most that many rows,
// and reasons for what was left out.
func allSeries(most int) (all []series, omitted []string) {
	all = []series{routeSeries(), permissionSeries(), groupSeries(), throttleSeries(), processSeries()}
	if os.Getenv("GINAUTH_TEST_POSTGRES") == "" {
		omitted = []string{"tokens and lists, which are explained by PostgreSQL: set GINAUTH_TEST_POSTGRES"}
	} else {
		all = append(all, tokenSeries(most), listSeries(most))
	}
	return all, omitted
}

// decades returns the powers of ten from one to another.
func decades(from, to int) (sizes []int) {
	for size := from; size <= to; size *= 10 {
		sizes = append(sizes, size)
	}
	return sizes
}

// growth measures all series and prints a table of each.
func growth(out io.Writer, arguments []string) error {
	flags := flag.NewFlagSet("growth", flag.ExitOnError)
	most := flags.Int("max", 10_000_000, "rows of the largest tables in PostgreSQL, which take a kilobyte each")
	only := flags.String("only", "", "measure the series whose names match this regular expression")
	chart := flags.String("chart", "", "file to write a chart to, as SVG")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *most < 10 {
		return errors.New("growth: -max must be at least 10")
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	writeMachine(out)
	all, omitted := allSeries(*most)
	for _, reason := range omitted {
		fmt.Fprintln(out, "\nleft out:", reason)
	}
	all, err = choose(all, chosen, func(s series) string { return s.name })
	if err != nil {
		return err
	}
	var lines []line
	for _, s := range all {
		points, err := s.measure(out)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		lines = append(lines, s.chart(points)...)
	}
	if *chart != "" {
		return os.WriteFile(*chart, drawGrowth(lines), 0o600)
	}
	return nil
}

// measure measures and prints one size after the other.
func (s series) measure(out io.Writer) ([]point, error) {
	measure, done, err := s.open()
	if err != nil {
		return nil, err
	}
	defer done()
	rule := strings.Repeat("---|", len(s.columns)+1)
	fmt.Fprintf(out, "\n| %s | %s |\n|%s\n", s.name, strings.Join(s.columns, " | "), rule)
	var points []point
	for _, size := range s.sizes {
		p, err := measure(size)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", size, err)
		}
		p.size = size
		fmt.Fprintf(out, "| %d | %s |\n", size, strings.Join(p.cells, " | "))
		points = append(points, p)
	}
	for _, plan := range points[len(points)-1].plans {
		fmt.Fprintf(out, "\nPlan at %d, %s\n", points[len(points)-1].size, plan)
	}
	return points, nil
}

// chart returns the lines of the chart.
func (s series) chart(points []point) (lines []line) {
	for i, name := range s.lines {
		l := line{name: name}
		for _, p := range points {
			l.sizes, l.values = append(l.sizes, float64(p.size)), append(l.values, p.values[i])
		}
		lines = append(lines, l)
	}
	return lines
}

// rounds is how many slices of a millisecond a call in process is measured in.
// Tests take fewer.
var rounds = 100

// alone measures a call that is compared with nothing.
func alone(f func()) side {
	return measure(row{ours: f, theirs: func() {}}, rounds, time.Millisecond).us
}
