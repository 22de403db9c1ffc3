package djangoschema

// User describes the table of the user model, which others refer to.
type User struct {
	Name   string // e.g. "auth_user"
	PK     string // the column of the primary key, e.g. "id"
	PKType string // its type in the database's dialect, e.g. "integer" or "uuid"
	// the model's name in lower case, e.g. "user": join tables call their
	// column user_id
	Model    string
	Swapped  bool // the table is the application's own, and a migration does not make it
	InGroups bool // the user model has groups and permissions
}
