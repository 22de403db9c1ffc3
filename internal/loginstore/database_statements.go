package loginstore

import (
	"fmt"
	"strings"

	"github.com/ginauth/ginauth/internal/batches"
)

// statements are the fixed queries of a [DatabaseStore], in the dialect of the
// database.
type statements struct {
	begin, clock string // clock is "" on SQLite, which has one writer
	find         string
	put          [4]string // for one to four rows
	trim         string    // takes the account and the principal
	all, reset   string    // take the parameters of a filter, and the time
	refuse       string
	prune        string // takes the time, and where to begin; returns what it deletes
	count        string
}

const (
	failures = `"ginauth_login_failure"`
	columns  = `"account", "network", "principal", "failed", "refused", "next", "last", "turn", ` +
		`"fresh", "stale", "rotated", "known", "version"`
	width     = 14     // the columns of a row, with the time when it expires
	trimLimit = 10_000 // bounds one statement, so that it does not block others for long
)

func compile(dialect string) (s statements) {
	p := func(n int) string { return placeholder(dialect, n) }
	where := fmt.Sprintf(`WHERE (CAST(%[1]s AS text) = '' OR "account" = %[1]s) `+
		`AND (CAST(%[2]s AS text) = '' OR "network" = %[2]s)`, p(1), p(2))
	s = statements{
		begin: "BEGIN IMMEDIATE",
		find: fmt.Sprintf(`SELECT %s FROM %s WHERE "account" = %s AND "network" = %s AND "principal" = ''
			OR "account" = %s AND "network" = %s AND "principal" = %s
			OR "account" = %s AND "network" = '' AND "principal" = ''
			OR "account" = '' AND "network" = %s AND "principal" = ''`,
			columns, failures, p(1), p(2), p(3), p(4), p(5), p(6), p(7)),
		trim: fmt.Sprintf(`DELETE FROM %[1]s WHERE "account" = %[2]s AND "principal" = %[3]s
			AND "id" IN (SELECT "id" FROM %[1]s WHERE "account" = %[2]s AND "principal" = %[3]s
			ORDER BY "known" DESC, "id" DESC LIMIT %[4]d OFFSET %[5]d)`,
			failures, p(1), p(2), trimLimit, mostNetworks),
		all: fmt.Sprintf(`SELECT %s FROM %s %s AND "expires" > %s`, columns, failures, where, p(3)),
		reset: fmt.Sprintf(`UPDATE %s SET "failed" = 0, "refused" = 0, "next" = 0, "last" = 0, "turn" = 0,
			"fresh" = 0, "stale" = 0, "rotated" = 0, "expires" = 0, "version" = "version" + 1
			%s AND "principal" = '' AND "expires" > %s`, failures, where, p(3)),
		refuse: fmt.Sprintf(`UPDATE %s SET "refused" = "refused" + %s, "version" = "version" + 1
			WHERE "account" = %s AND "network" = %s AND "principal" = '' AND "expires" > 0`,
			failures, p(1), p(2), p(3)),
		count: fmt.Sprintf(`SELECT count(*) FROM %s WHERE "principal" = ''`, failures),
	}
	for i := range s.put {
		s.put[i] = upsert(p, i+1)
	}
	skip := ""
	if dialect == "postgres" {
		const clock = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)"
		s.begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
		s.clock = "SELECT " + clock
		s.find += " UNION ALL SELECT '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, " + clock + ", 0"
		skip = " FOR UPDATE SKIP LOCKED"
	}
	s.prune = fmt.Sprintf(`WITH due AS (SELECT "id" FROM %[1]s
		WHERE "expires" <= %[2]s AND "expires" >= %[3]s ORDER BY "expires" LIMIT %[4]d%[5]s)
		DELETE FROM %[1]s WHERE "id" IN (SELECT "id" FROM due) AND "expires" <= %[2]s RETURNING "expires"`,
		failures, p(1), p(2), batches.Size, skip)
	return s
}

// upsert returns the statement that writes that many rows. It replaces an
// existing row only if its version is the preceding one.
func upsert(p func(n int) string, rows int) string {
	values := make([]string, rows)
	for i := range values {
		row := make([]string, width)
		for j := range row {
			row[j] = p(i*width + j + 1)
		}
		values[i] = "(" + strings.Join(row, ", ") + ")"
	}
	all := columns + `, "expires"`
	var set []string
	for _, column := range strings.Split(all, ", ")[3:] {
		set = append(set, column+" = excluded."+column)
	}
	return fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) VALUES %[3]s
		ON CONFLICT ("account", "network", "principal") DO UPDATE SET %[4]s
		WHERE %[1]s."version" = excluded."version" - 1`,
		failures, all, strings.Join(values, ", "), strings.Join(set, ", "))
}

// placeholder returns the dialect's n-th parameter, which a statement may use
// more than once.
func placeholder(dialect string, n int) string {
	if dialect == "postgres" {
		return fmt.Sprintf("$%d", n)
	}
	return fmt.Sprintf("?%d", n)
}
