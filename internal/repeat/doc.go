// Package repeat runs the statements and transactions of this module, and runs
// them once more where PostgreSQL has refused them for a reason that passes by
// itself:
//
//   - 0A000 (cached plan must not change result type), and 08P01 for drivers
//     that cache descriptions only: another program has migrated a table since
//     the connection prepared the statement. The driver forgets the statement
//     when it fails, so each failure mends one statement of one connection.
//   - 40001 and 40P01: a conflict with another transaction. They are common
//     where default_transaction_isolation is not read committed.
//
// What a caller has begun is the caller's: nothing is repeated inside a
// transaction, only a transaction as a whole, by [Transaction], which opens it.
//
// SQLite has none of these states, and nothing is repeated on it.
package repeat
