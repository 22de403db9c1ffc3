package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// differ returns a line for each difference between two JSON values. where is
// the path to them.
func differ(where string, want, got any) []string {
	if match, ok := matcherOf(want); ok {
		if problem := match(got); problem != "" {
			return []string{where + ": " + problem}
		}
		return nil
	}
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return differObjects(where, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok && len(want) == len(got) {
			return differArrays(where, want, got)
		}
	default:
		if sameScalar(want, got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: want %s, got %s", where, short(want), short(got))}
}

func differObjects(where string, want, got map[string]any) []string {
	all := maps.Clone(want)
	maps.Copy(all, got)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		w, wanted := want[key]
		g, found := got[key]
		member := where + "." + key
		switch {
		case !found:
			out = append(out, fmt.Sprintf("%s: missing, want %s", member, short(w)))
		case !wanted:
			out = append(out, fmt.Sprintf("%s: unexpected %s", member, short(g)))
		default:
			out = append(out, differ(member, w, g)...)
		}
	}
	return out
}

func differArrays(where string, want, got []any) []string {
	var out []string
	for i := range want {
		out = append(out, differ(fmt.Sprintf("%s[%d]", where, i), want[i], got[i])...)
	}
	return out
}

// sameScalar compares null, booleans, numbers and strings. An array or object
// got is the same as no scalar.
func sameScalar(want, got any) bool {
	wantNumber, ok := want.(json.Number)
	if !ok {
		return want == got
	}
	gotNumber, ok := got.(json.Number)
	return ok && sameNumber(wantNumber, gotNumber)
}
