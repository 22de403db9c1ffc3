// Package outages plays outages of the servers that an application needs,
// PostgreSQL, PgBouncer and Redis, and checks what clients get meanwhile:
//
//   - no credential that is wrong passes, and none that is right is refused;
//   - each request is answered in bounded time, a failure with Retry-After;
//   - all is well again, without a restart, once the servers are.
//
// The quick half runs with the other tests. The whole matrix, with the timeouts
// of production, takes some minutes and writes the table in docs/operations.md:
//
//	go test ./internal/testing/outages -run TestOutages -full -v
//
// It needs Linux and the programs of PostgreSQL, PgBouncer and Redis, which it
// starts on free ports.
package outages
