// Package audit writes ginauth's events to a table of the database, as a trail
// of who logged in, and of what happened to which credential:
//
//	trail := audit.New(db)
//	auth := ginauth.New(r, ginauth.Observers(trail))
//	...
//	server.Shutdown(ctx)
//	trail.Close(ctx)
//
// The table is ginauth_audit, which [models.Migrate] creates. A row says when,
// what, whose, by whom and from where: the fields of [ginauth.Event]. It
// contains no secret.
//
// # What is guaranteed
//
// A request does not wait for the trail, and its outcome does not depend on it.
// An event waits in memory until the database has it, which takes a few
// milliseconds, or as long as the database is down. Then
//
//   - an event is written once, however often the writing is tried again;
//   - an event for which there is no room any more is lost. That is told as
//     [ginauth.StoreFailed], so it is logged and counted, and the trail itself
//     gets a row of the kind [EventsLost] with the number of those that are
//     missing at that place;
//   - an event that the database refuses for good, because of a constraint or a
//     trigger of the application's, is lost in the same way, and no other with
//     it;
//   - a process that is killed loses the events that wait at that moment,
//     without a trace. Close writes them at a regular end.
//
// # Append-only
//
// Triggers of the database refuse to change a row, to empty the table, and to
// delete a row before it is 30 days old. They hold against mistakes, and against
// an attacker who can only inject statements about rows. The owner of a table
// can drop its triggers. So on PostgreSQL let another role than that of the
// application own it, and run the migrations:
//
//	REVOKE ALL ON ginauth_audit FROM app;
//	GRANT INSERT, SELECT ON ginauth_audit TO app;
//
// Against the owner and the administrator of the server only a copy elsewhere
// helps. On SQLite every program that can write the file can do everything.
package audit
