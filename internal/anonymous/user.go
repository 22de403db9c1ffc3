// Package anonymous holds the one type that packages ginauth and models share
// without importing each other.
package anonymous

// User is the user of an unauthenticated request
// (django.contrib.auth.models.AnonymousUser). It belongs to no group, has no
// permissions and never equals a stored user. The zero value is ready to use.
type User struct{}

// Authenticated returns false.
func (User) Authenticated() bool { return false }

// Active returns false.
func (User) Active() bool { return false }

// Staff returns false.
func (User) Staff() bool { return false }

// Superuser returns false.
func (User) Superuser() bool { return false }

// String returns Django's name for it.
func (User) String() string { return "AnonymousUser" }
