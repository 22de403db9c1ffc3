// Package interop compares a real Django with Django REST framework and ginauth
// on one PostgreSQL database. Its tests need Debian's packages of Django, and
// are skipped without them.
package interop
