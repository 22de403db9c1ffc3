package models

// refusal is an error that is no failure: what was asked for is refused.
// ginauth.Abort answers it with this HTTP status, code and text.
type refusal struct {
	text, code, detail string
	status             int
}

func (r *refusal) Error() string { return r.text }

// Refusal returns what a client may be told.
func (r *refusal) Refusal() (status int, code, detail string) { return r.status, r.code, r.detail }

// unauthorized is the error of credentials that are no good: 401, as Django REST
// framework's AuthenticationFailed.
func unauthorized(text string) error {
	return &refusal{text: text, status: 401, code: "authentication_failed", detail: "Incorrect authentication credentials."}
}
