// Package refusal defines errors that a client may be told about.
package refusal

// Error is a decision against a request, not a failure. ginauth.Abort answers
// it with this HTTP status, code and text.
type Error struct {
	Text, Code, Detail string
	Status             int
}

func (r *Error) Error() string { return r.Text }

// Refusal returns what the client may be told.
func (r *Error) Refusal() (status int, code, detail string) { return r.Status, r.Code, r.Detail }

// Unauthorized returns the error for invalid credentials: 401, as Django REST
// framework's AuthenticationFailed.
func Unauthorized(text string) error {
	return &Error{
		Text: text, Status: 401, Code: "authentication_failed",
		Detail: "Incorrect authentication credentials.",
	}
}
