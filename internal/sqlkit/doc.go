// Package sqlkit runs the fixed SQL of this module: parameters, rows,
// transactions, locks, and what a database says of its tables, on PostgreSQL
// and SQLite.
//
// It repeats statements and transactions that PostgreSQL has refused for a
// transient reason:
//
//   - 0A000 (cached plan must not change result type), and 08P01 for drivers
//     that cache descriptions only: another program has migrated a table since
//     the connection prepared the statement. The driver forgets the statement
//     when it fails, so each failure repairs one statement of one connection.
//   - 40001 and 40P01: a conflict with another transaction. They are common
//     where default_transaction_isolation is not read committed.
//
// A transaction that the caller has begun belongs to the caller: nothing is
// repeated inside it. Only [Transaction] repeats a whole transaction, which it
// opens itself.
//
// SQLite has none of these states, and nothing is repeated on it.
//
// No wait for the database is without a bound: see [Timeout]. Reads that may be
// late can go to a replica: see [Lagging].
package sqlkit
