package jwt

import (
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/charfield"
)

// input is the data of a request.
type input struct{ fields charfield.Fields }

// nonFieldErrors is DRF's error object about the data as a whole.
type nonFieldErrors struct {
	Errors []string `json:"non_field_errors"`
}

// fieldErrors is DRF's error object, in the order of the fields.
type fieldErrors members

// MarshalJSON writes the object.
func (e fieldErrors) MarshalJSON() ([]byte, error) { return members(e).encode(), nil }

// add adds an error about a field, unless the message is empty.
func (e *fieldErrors) add(field, message string) {
	if message == "" {
		return
	}
	quoted := text(field, message)
	quoted.value = append(append([]byte{'['}, quoted.value...), ']')
	*e = append(*e, quoted)
}

// err returns the errors, or nil if there are none.
func (e fieldErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return ginauth.ValidationError(e)
}

// token returns the token in a field, without surrounding blanks.
func (in input) token(field string) (string, error) {
	var errs fieldErrors
	token, message := in.fields.Text(field, true)
	errs.add(field, message)
	return token, errs.err()
}

// credentials returns the user name, from the field named like its column, and
// the password, both without surrounding blanks: simplejwt's PasswordField is a
// CharField.
func (in input) credentials(usernameField string) (username, password string, err error) {
	var errs fieldErrors
	username, message := in.fields.Text(usernameField, true)
	errs.add(usernameField, message)
	password, message = in.fields.Text("password", true)
	errs.add("password", message)
	return username, password, errs.err()
}
