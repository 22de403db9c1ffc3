package commands

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
)

// listing is the flag of the commands that print rows.
type listing struct {
	JSON bool `help:"Print JSON, for machines."`
}

// table is what such a command prints: aligned columns, or a JSON array of
// objects whose keys are the headings in lower case.
type table struct {
	s       *streams
	json    bool
	heading []string
	rows    [][]any
}

func (l listing) table(s *streams, heading ...string) *table {
	return &table{s: s, json: l.JSON, heading: heading}
}

// row adds a row. Its cells are of any type: see [text] for how they are
// printed.
func (t *table) row(cells ...any) { t.rows = append(t.rows, cells) }

// print prints the table.
func (t *table) print() error {
	if t.json {
		objects := make([]object, len(t.rows)) // [] rather than null if there are none
		for i, cells := range t.rows {
			objects[i] = object{t.heading, cells}
		}
		return t.s.json(objects)
	}
	w := tabwriter.NewWriter(t.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.heading, "\t"))
	for _, cells := range t.rows {
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = text(cell)
		}
		fmt.Fprintln(w, strings.Join(texts, "\t"))
	}
	return w.Flush() // returns the first error of those above, too
}

// printOne prints the only row of a table as one line a column, or as a JSON
// object.
func (t *table) printOne() error {
	cells := t.rows[0]
	if t.json {
		return t.s.json(object{t.heading, cells})
	}
	w := tabwriter.NewWriter(t.s.out, 0, 0, 2, ' ', 0)
	for i, cell := range cells {
		fmt.Fprintf(w, "%s\t%s\n", t.heading[i], text(cell))
	}
	return w.Flush()
}

// object is a row in JSON.
type object struct {
	heading []string
	cells   []any
}

// MarshalJSON keeps the order of the columns.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for i, cell := range o.cells {
		value, err := json.Marshal(plain(cell))
		if err != nil {
			return nil, err
		}
		key := strings.ReplaceAll(strings.ToLower(o.heading[i]), " ", "_")
		fmt.Fprintf(&b, `,%q:%s`, key, value)
	}
	return []byte("{" + strings.TrimPrefix(b.String(), ",") + "}"), nil
}

// plain returns a cell as it is encoded: a list is not null, a time is UTC, and a
// missing time is null.
func plain(cell any) any {
	switch value := cell.(type) {
	case []string:
		return append([]string{}, value...)
	case *time.Time:
		if value == nil {
			return nil
		}
		return value.UTC()
	case time.Time:
		if value.IsZero() {
			return nil
		}
		return value.UTC()
	}
	return cell
}

// text returns a cell as people read it.
func text(cell any) string {
	switch value := cell.(type) {
	case nil:
		return "-"
	case bool:
		return yes(value)
	case []string:
		return printable(strings.Join(value, " "))
	case *time.Time:
		if value == nil {
			return "never"
		}
		return minute(*value)
	case time.Time:
		if value.IsZero() {
			return "-"
		}
		return minute(value)
	}
	if reflect.ValueOf(cell).Kind() == reflect.String {
		return printable(fmt.Sprint(cell))
	}
	return fmt.Sprint(cell)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }
