// Package anonymous holds the one type that the mechanism and the models share without knowing each other.
package anonymous

// User is the user of a request that nobody has authenticated (django.contrib.auth.models.AnonymousUser). It belongs to no
// group, has no permission and is never equal to a stored user. The zero value is ready to use.
type User struct{}

// Authenticated is false.
func (User) Authenticated() bool { return false }

// Active is false.
func (User) Active() bool { return false }

// Staff is false.
func (User) Staff() bool { return false }

// Superuser is false.
func (User) Superuser() bool { return false }

// String returns Django's name of it.
func (User) String() string { return "AnonymousUser" }
