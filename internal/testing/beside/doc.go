// Package beside tests ginauth on a database that is not its own: beside a
// Django that migrates it, on a server whose transactions are serializable by
// default, and on one that is read-only.
package beside
