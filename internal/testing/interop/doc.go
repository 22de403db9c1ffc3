// Package interop holds a real Django with Django REST framework and ginauth against each other on one PostgreSQL database. Its
// tests need Debian's packages of Django, and are skipped without.
package interop
