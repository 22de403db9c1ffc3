package models

// The tests compare these with Django.
var (
	ObjectPK      = objectPK
	PasswordOwner = passwordOwnerOf
)

// Forget discards what a user has read.
func Forget(user UserModel) {
	if a, err := user.(member).bound(); err == nil {
		a.forget()
	}
}
