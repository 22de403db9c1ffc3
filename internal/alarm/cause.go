package alarm

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// Cause is what a log record says of an error: its text on one line, without
// the hosts, users and databases that drivers name in it. A log is read by
// more people than a configuration.
func Cause(err error) slog.Attr { return slog.String("cause", CauseText(err)) }

// CauseText is the value of [Cause].
func CauseText(err error) string { return Redact(err.Error()) }

// Redact is [CauseText] for the text of an error. It leaves its own results as
// they are.
func Redact(text string) string {
	for _, r := range redactions {
		text = r.in.ReplaceAllString(text, r.out)
	}
	var lines []string
	for line := range strings.Lines(text) {
		// Drivers try each address of a host, with TLS and without, and most
		// often fail in the same way.
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(lines, func(known string) bool { return strings.HasSuffix(known, line) }) {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":;", ":") // pgx breaks the line after its first colon
}

// redactions are applied in their order. The texts are those of PostgreSQL, pgx,
// Redis, go-redis, and packages net and crypto/x509.
var redactions = []struct {
	in  *regexp.Regexp
	out string
}{
	{regexp.MustCompile("failed to connect to `user=.*?`:|failed to connect to `[^`]*`:"), "failed to connect:"},
	{regexp.MustCompile(`\S+ \(\S*\): `), ""}, // an address and the host that it stands for
	{regexp.MustCompile(`\b(dial|read|write) (tcp|udp|unix)\S* \S+: `), "$1 $2: "},
	{regexp.MustCompile(`\blookup \S+( on \S+)?: `), "lookup: "},
	{regexp.MustCompile(`\b(host|user|role|database) "[^"]*"`), "$1"},
	{regexp.MustCompile(`\b(user|database|host)=\S+`), "$1=..."},
	{regexp.MustCompile(`\bcertificate is valid for .*, not \S+`), "certificate is valid for other names"},
	{regexp.MustCompile(`, but wanted to match \S+`), ""},
	{regexp.MustCompile(`, but none matched \S+`), ", but none matched"},
	{regexp.MustCompile(`\bcannot validate certificate for \S+`), "cannot validate certificate"},
	{regexp.MustCompile(`\b(MOVED|ASK) (\d+) \S+`), "$1 $2"},
}
