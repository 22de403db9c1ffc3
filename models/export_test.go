package models

// The tests compare these with Django.
var (
	ObjectPK      = objectPK
	PasswordOwner = passwordOwnerOf
)
