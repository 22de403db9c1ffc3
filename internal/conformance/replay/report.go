package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Report says how the cases fared, in the order in which they ran.
type Report struct {
	Results []Result
}

// A Result is the outcome of one case.
type Result struct {
	ID, Group   string
	Differences []string // none if the case is good
}

// String returns a line for each difference; it is empty for a good case.
func (r Result) String() string {
	var out strings.Builder
	for _, line := range r.Differences {
		fmt.Fprintf(&out, "DIFF %s: %s\n", r.ID, line)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// A Score counts the cases of one group.
type Score struct {
	Group       string
	Good, Total int
}

// Failed returns the results with differences.
func (r Report) Failed() []Result {
	var failed []Result
	for _, result := range r.Results {
		if len(result.Differences) > 0 {
			failed = append(failed, result)
		}
	}
	return failed
}

// Scores returns the score of each group, sorted by name.
func (r Report) Scores() []Score {
	scores := make(map[string]Score)
	for _, result := range r.Results {
		s := scores[result.Group]
		s.Group = result.Group
		s.Total++
		if len(result.Differences) == 0 {
			s.Good++
		}
		scores[result.Group] = s
	}
	return slices.SortedFunc(maps.Values(scores), func(a, b Score) int { return cmp.Compare(a.Group, b.Group) })
}

// String returns a table of the scores and their total. An arrow marks the
// groups in which a case failed.
func (r Report) String() string {
	scores := r.Scores()
	width := len("TOTAL")
	for _, s := range scores {
		width = max(width, len(s.Group))
	}
	var out strings.Builder
	for _, s := range scores {
		mark := ""
		if s.Good < s.Total {
			mark = "  <-"
		}
		fmt.Fprintf(&out, "%-*s %4d/%d%s\n", width, s.Group, s.Good, s.Total, mark)
	}
	fmt.Fprintf(&out, "%-*s %4d/%d", width, "TOTAL", len(r.Results)-len(r.Failed()), len(r.Results))
	return out.String()
}
