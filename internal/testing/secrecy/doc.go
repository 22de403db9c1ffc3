// Package secrecy has the test that no secret gets into a log, an error or a printed value, whatever happens to it: every kind of
// credential is made, used, misused and revoked, with and without a database, while everything is logged that can be.
package secrecy
