package replay

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// A Case is one line of the corpus: a single exchange, which is then the
// embedded Step, or a scenario of Steps.
type Case struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Reset bool   `json:"reset"` // reset the server before this case, and again after it
	Steps []Step `json:"steps"`
	Step
}

// A Step is a request and its expected answer, or a pause.
type Step struct {
	Sleep    float64     `json:"sleep"` // seconds; a step that sleeps sends nothing
	Request  Request     `json:"request"`
	Response Expectation `json:"response"`

	// Alternatives are further accepted answers; [Options].Strict ignores them.
	Alternatives []Alternative `json:"alternatives"`

	// Capture names parts of the answer for the steps that follow:
	// "body.user.name", "cookie.sessionid" or "header.location". A later
	// {{name}} in a path, header value, body or expected value stands for what
	// was captured.
	Capture map[string]string `json:"capture"`
}

// Load reads the cases of all .jsonl files under dir, in the order of the
// files' paths. A corpus without cases is an error: a replay of nothing would
// pass.
func Load(fsys fs.FS, dir string) ([]Case, error) {
	var files []string
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path.Ext(name) == ".jsonl" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("replay: list corpus: %w", err)
	}
	slices.Sort(files)
	var cases []Case
	for _, name := range files {
		if cases, err = appendFile(cases, fsys, name); err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("replay: no cases under %s", dir)
	}
	return cases, nil
}

// Replace returns a corpus with other cases in the places of those with the same
// ID.
func Replace(corpus, others []Case) ([]Case, error) {
	corpus = slices.Clone(corpus)
	for _, other := range others {
		i := slices.IndexFunc(corpus, func(c Case) bool { return c.ID == other.ID })
		if i < 0 {
			return nil, fmt.Errorf("case %s is not in the corpus", other.ID)
		}
		corpus[i] = other
	}
	return corpus, nil
}

func appendFile(cases []Case, fsys fs.FS, name string) ([]Case, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var c Case
		if err := decode(line, &c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// validate refuses a line that is JSON but no case, such as one with a misspelt
// key.
func (c Case) validate() error {
	if c.ID == "" || c.Group == "" {
		return fmt.Errorf("case %q has no id or no group", c.ID)
	}
	for i, step := range c.steps() {
		if step.Sleep == 0 && (step.Request.Method == "" || step.Response.Status == 0) {
			return fmt.Errorf("case %q: step %d has no request or no response", c.ID, i)
		}
	}
	return nil
}

func (c Case) steps() []Step {
	if c.scenario() {
		return c.Steps
	}
	return []Step{c.Step}
}

func (c Case) scenario() bool { return len(c.Steps) > 0 }

// isolated reports whether the case shares the server's state with no other
// case.
func (c Case) isolated() bool { return c.scenario() || c.Reset }
