package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sample is what a slice of a server has shown.
type sample struct {
	perSecond float64
	p50, p99  float64 // ms
	cpu       float64 // µs a request
}

func (l *loaded) sample(cpu time.Duration) sample {
	n := len(l.latencies)
	at := func(share int) float64 { return float64(l.latencies[min(n*share/100, n-1)].Microseconds()) / 1000 }
	return sample{
		perSecond: float64(n) / l.took.Seconds(),
		p50:       at(50), p99: at(99),
		cpu: float64(cpu.Nanoseconds()) / 1000 / float64(n),
	}
}

// samples are those of all contenders.
type samples map[string]map[mode][]sample

func (s samples) add(name string, how mode, one sample) {
	if s[name] == nil {
		s[name] = map[mode][]sample{}
	}
	s[name][how] = append(s[name][how], one)
}

// sorted returns one figure of all slices, in order.
func (s samples) sorted(name string, how mode, figure func(sample) float64) (all []float64) {
	for _, one := range s[name][how] {
		all = append(all, figure(one))
	}
	slices.Sort(all)
	return all
}

func (s samples) median(name string, how mode, figure func(sample) float64) float64 {
	all := s.sorted(name, how, figure)
	return all[len(all)/2]
}

func perSecond(s sample) float64 { return s.perSecond }
func cpu(s sample) float64       { return s.cpu }

// writeEndToEnd prints a table for each mode, and one of the ratios.
func writeEndToEnd(out io.Writer, all []contender, found samples) {
	for _, how := range modes {
		fmt.Fprintf(out, "\n%s:\n\n", strings.ToUpper(string(how[:1]))+string(how[1:]))
		fmt.Fprint(out, "| server | requests/s, median | most | p50, ms | p99, ms |"+
			" CPU, µs a request, median | least |\n|---|---|---|---|---|---|---|\n")
		for _, c := range all {
			rates, spent := found.sorted(c.name, how, perSecond), found.sorted(c.name, how, cpu)
			fmt.Fprintf(out, "| %s | %.0f | %.0f | %.2f | %.2f | %.1f | %.1f |\n",
				c.name, found.median(c.name, how, perSecond), rates[len(rates)-1],
				found.median(c.name, how, func(s sample) float64 { return s.p50 }),
				found.median(c.name, how, func(s sample) float64 { return s.p99 }),
				found.median(c.name, how, cpu), spent[0])
		}
	}
	fmt.Fprint(out, "\n| server | beside | requests/s, connections kept | CPU |"+
		" requests/s, one for each request | CPU |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		for _, peer := range c.beside {
			if found[peer] != nil {
				fmt.Fprintf(out, "| %s | %s |", c.name, peer)
				for _, how := range modes {
					fmt.Fprintf(out, " %s | %s |",
						ratio(found.median(c.name, how, perSecond), found.median(peer, how, perSecond)),
						ratio(found.sorted(c.name, how, cpu)[0], found.sorted(peer, how, cpu)[0]))
				}
				fmt.Fprintln(out)
			}
		}
	}
}

// writeMachine prints where and when figures are about to be taken.
func writeMachine(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %d cores of %s, Go %s, load average before %s\n",
		time.Now().Format(time.DateOnly), runtime.GOOS,
		runtime.NumCPU(), firstMatch("/proc/cpuinfo", `model name\s*: (.*)`),
		strings.TrimPrefix(runtime.Version(), "go"), firstMatch("/proc/loadavg", `^(\S+)`))
}

// firstMatch returns the first group of an expression in a file, which may be
// missing.
func firstMatch(file, expression string) string {
	text, _ := os.ReadFile(file)
	if found := regexp.MustCompile(expression).FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return "unknown"
}
