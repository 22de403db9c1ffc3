package ginauth

// AnonymousUser is the user of an unauthenticated request
// (django.contrib.auth.models.AnonymousUser). It belongs to no group, has no
// permissions and never equals a stored user. The zero value is ready to use.
type AnonymousUser struct{}

// Authenticated returns false.
func (AnonymousUser) Authenticated() bool { return false }

// Active returns false.
func (AnonymousUser) Active() bool { return false }

// Staff returns false.
func (AnonymousUser) Staff() bool { return false }

// Superuser returns false.
func (AnonymousUser) Superuser() bool { return false }

// String returns Django's name for it.
func (AnonymousUser) String() string { return "AnonymousUser" }
