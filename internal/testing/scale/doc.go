// Package scale measures what a request costs each of the processes that it
// passes: the server, PostgreSQL, PgBouncer and Redis, in microseconds of CPU.
// Unlike requests a second these do not depend on what else the machine does,
// and they add up. docs/scaling.md computes with them.
//
//	go test ./internal/testing/scale -run '^$' -bench . -benchtime 20000x
package scale
