// Package secrecy tests that no secret gets into a log, an error or a printed
// value, whatever happens to the secret. Every kind of credential is created,
// used, misused and revoked, with and without a database, while everything that
// can be logged is logged.
package secrecy
