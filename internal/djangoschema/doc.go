// Package djangoschema creates Django's tables exactly as Django does, and
// ginauth's own beside them, on PostgreSQL and SQLite.
package djangoschema
