package replay

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Options change how answers are judged. The zero Options accept alternatives
// and compare all headers of the corpus.
type Options struct {
	Strict        bool     // accept the recorded answer only, none of the alternatives
	IgnoreHeaders []string // names, in any case
}

// Run replays the cases against the server at baseURL (http://host:port), one
// after the other, in their order.
//
// The server is reset at the start of each group, before each scenario, and
// before the case that follows a scenario; other cases see the state that the
// earlier ones of their group have left. An answer that does not come is a
// difference like any other. The error is for a replay that could not go on: no
// valid URL, no reset, or ctx done. The report then holds the cases up to
// there.
func Run(ctx context.Context, baseURL string, cases []Case, opts Options) (Report, error) {
	var report Report
	target, err := newServer(baseURL)
	if err != nil {
		return report, err
	}
	r := runner{server: target, strict: opts.Strict}
	for _, name := range opts.IgnoreHeaders {
		r.ignored = append(r.ignored, strings.ToLower(strings.TrimSpace(name)))
	}
	for i, c := range cases {
		if needsReset(cases, i) {
			if err := target.reset(ctx); err != nil {
				return report, err
			}
		}
		differences, err := r.run(ctx, c)
		if err != nil {
			return report, err
		}
		report.Results = append(report.Results, Result{ID: c.ID, Group: c.Group, Differences: differences})
	}
	return report, nil
}

// needsReset reports whether case i must not see the state that the case before
// it has left.
func needsReset(cases []Case, i int) bool {
	return i == 0 || cases[i].isolated() || cases[i-1].isolated() || cases[i].Group != cases[i-1].Group
}

type runner struct {
	server  server
	strict  bool
	ignored []string // lower case
}

// run replays one case and returns its differences. The error is ctx's.
func (r runner) run(ctx context.Context, c Case) ([]string, error) {
	var differences []string
	vars := make(variables)
	for i, step := range c.steps() {
		prefix := ""
		if c.scenario() {
			prefix = fmt.Sprintf("step %d ", i)
		}
		for _, line := range r.step(ctx, step, vars) {
			differences = append(differences, prefix+line)
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("replay: case %s: %w", c.ID, err)
		}
	}
	return differences, nil
}

func (r runner) step(ctx context.Context, s Step, vars variables) []string {
	if s.Sleep > 0 {
		sleep(ctx, time.Duration(s.Sleep*float64(time.Second)))
		return nil
	}
	got, err := r.server.send(ctx, s.Request, vars)
	if err != nil {
		return []string{"no answer: " + err.Error()}
	}
	vars.capture(s.Capture, got)
	return r.judge(s, got.without(r.ignored), vars)
}

// judge returns the differences from the recorded answer, or none if the answer
// is one of the alternatives.
func (r runner) judge(s Step, got Response, vars variables) []string {
	differences := s.Response.fill(vars).without(r.ignored).Differences(got)
	if len(differences) == 0 || r.strict {
		return differences
	}
	for _, a := range s.Alternatives {
		a.Expectation = a.fill(vars).without(r.ignored)
		if a.accepts(got) {
			return nil
		}
	}
	return differences
}

// sleep returns early when ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
