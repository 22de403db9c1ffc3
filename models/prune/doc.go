// Package prune deletes what has expired: sessions, JSON web tokens, access
// tokens and failed logins. None of it is accepted without that, but nothing
// else deletes the rows of clients that do not come back.
//
// A server lets it run beside its requests, once an hour for all servers
// together:
//
//	go prune.Every(ctx, db, time.Hour)
//
// Or cron runs the program's own command:
//
//	notes prune
package prune
