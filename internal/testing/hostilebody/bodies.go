// Package hostilebody provides request bodies made to take many times their
// length in memory, and measures how much memory they take.
package hostilebody

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"strings"
)

// Body is a request body.
type Body struct{ Name, ContentType, Text string }

const (
	multi     = "multipart/form-data; boundary=B"
	latinForm = "application/x-www-form-urlencoded; charset=latin-1"
)

// OfLength returns bodies of about n bytes, none of them longer than n.
func OfLength(n int) []Body {
	part := "--B\r\nContent-Disposition: form-data; name=\"%d\"\r\n\r\n\r\n"
	many := func(text string) string { return strings.Repeat(text, (n-100)/len(text)) }
	return []Body{
		{"JSON, members with empty lists", "application/json", object(n, `"%d":[]`)},
		{"JSON, members with escapes", "application/json", object(n, `"\u00%02x":0`)},
		{"JSON, members as long as username", "application/json", object(n, `"\u0030_%05d":0`)},
		{"JSON, username again and again", "application/json", object(n, `"username":"%d"`)},
		{"JSON, lists in lists", "application/json", strings.Repeat("[", n/2) + strings.Repeat("]", n/2)},
		{"JSON, 9,000 lists in lists", "application/json", strings.Repeat("[", 9000) + strings.Repeat("]", 9000)},
		{"JSON, objects in objects", "application/json", strings.Repeat(`{"a":`, n/6) + "0" + strings.Repeat("}", n/6)},
		{"JSON, a list of lists", "application/json", "[" + strings.Repeat("[],", n/3-1) + "[]]"},
		{"JSON, a huge number", "application/json", `{"username":` + many("9") + `,"password":1e99999999}`},
		{"JSON, a huge fraction", "application/json", `{"username":0.` + many("9") + `,"password":1e-9999999}`},
		{"JSON, a text of escapes", "application/json", `{"username":"` + many(`\u00e9`) + `","password":"x"}`},
		{"JSON, half characters", "application/json", `{"username":"x","password":"` + many(`\ud83d\ude00`) + `"}`},
		{"JSON in Latin-1", "application/json; charset=latin-1", `{"username":"` + many("\xe9") + `","password":"x"}`},
		{"JSON, blanks", "application/json", strings.Repeat(" ", n-2) + "{}"},
		{"JSON, a list of scopes", "application/json", `{"name":"x","expires_in":60,"scopes":[` + many(`"",`) + `""]}`},
		{"form, many fields", "application/x-www-form-urlencoded", fields(n, 999)},
		{"form, too many fields", "application/x-www-form-urlencoded", strings.Repeat("a&", n/2)},
		{"form, empty fields", "application/x-www-form-urlencoded", strings.Repeat("&", n)},
		{"form, escapes", "application/x-www-form-urlencoded", "username=" + many("%e9") + "&password=x"},
		{"form in Latin-1", latinForm, "password=x&username=" + many("\xe9")},
		{"multipart, many parts", multi, numbered(n, part)},
		{"multipart, parts without headers", multi, strings.Repeat("--B\r\n\r\n\r\n", n/9)},
		{"multipart, many headers", multi, "--B\r\n" + numbered(n-100, "%d:\r\n") + "\r\n\r\n--B--\r\n"},
		{"multipart, many parameters", multi,
			"--B\r\nContent-Disposition: form-data" + numbered(n-100, ";%d=") + "\r\n\r\n\r\n--B--\r\n"},
		{"multipart, encoded", multi, "--B\r\nContent-Disposition: form-data; name=username\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("YWFh", (n-200)/4) + "\r\n--B--\r\n"},
		{"multipart, boundaries", multi, strings.Repeat("--B\r\n", n/5)},
		{"gzip", "application/json", gzipped(strings.Repeat(" ", n))},
		{"a type with many parameters", "application/json" + numbered(n, ";%d=x"), "{}"},
	}
}

// numbered repeats a format with a number for as long as the result does not
// exceed n bytes.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := 0; b.Len()+len(format)+8 < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func object(n int, member string) string {
	return "{" + strings.TrimSuffix(numbered(n-2, member+","), ",") + "}"
}

func fields(n, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "%d=%s&", i, strings.Repeat("x", n/count-8))
	}
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// Allocated returns the number of bytes that f allocates, the least of three
// runs.
func Allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
