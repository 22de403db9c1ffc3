// Package refusal makes errors that a client may be told.
package refusal

// Error is an error that is no failure: what was asked for is refused.
// ginauth.Abort answers it with this HTTP status, code and text.
type Error struct {
	Text, Code, Detail string
	Status             int
}

func (r *Error) Error() string { return r.Text }

// Refusal returns what a client may be told.
func (r *Error) Refusal() (status int, code, detail string) { return r.Status, r.Code, r.Detail }

// Unauthorized returns the error of credentials that are no good: 401, as Django REST
// framework's AuthenticationFailed.
func Unauthorized(text string) error {
	return &Error{Text: text, Status: 401, Code: "authentication_failed", Detail: "Incorrect authentication credentials."}
}
