package jwt

import "github.com/ginauth/ginauth/ginauth"

// refusal is the reason why a token is not accepted, in simplejwt's words
// (TokenError). It reveals nothing about the key.
type refusal string

const (
	// invalidOrExpired is what simplejwt says before 5.5; see release.
	invalidOrExpired refusal = "Token is invalid or expired"

	noID           refusal = "Token has no id"
	noType         refusal = "Token has no type"
	wrongType      refusal = "Token has wrong type"
	noExpiry       refusal = "Token has no 'exp' claim"
	noRefreshTime  refusal = "Token has no 'refresh_exp' claim"
	refreshExpired refusal = "Token 'refresh_exp' claim has expired"
	revoked        refusal = "Token is blacklisted"
	noUser         refusal = "Token contained no recognizable user identification"

	passwordChanged refusal = "The user's password has been changed."
	// credentialsRevoked has no equivalent in simplejwt.
	credentialsRevoked refusal = "All credentials of the user have been revoked."
)

func (r refusal) Error() string { return string(r) }

// code returns the code by which programs recognise a refusal.
func (r refusal) code() string {
	switch r {
	case passwordChanged:
		return "password_changed"
	case credentialsRevoked:
		return "credentials_revoked"
	}
	return notValid
}

// answer returns the refusal as simplejwt's AuthenticationFailed.
func (r refusal) answer() error { return refuse(string(r), r.code()) }

// detail is the body of simplejwt's own exceptions (DetailDictMixin).
type detail struct {
	Detail   string    `json:"detail"`
	Code     string    `json:"code"`
	Messages []message `json:"messages,omitempty"`
}

// message says why a token is not of one of the accepted types.
type message struct {
	Class   string `json:"token_class"`
	Type    Type   `json:"token_type"`
	Message string `json:"message"`
}

const notValid = "token_not_valid"

// refuse returns simplejwt's AuthenticationFailed.
func refuse(text, code string, messages ...message) error {
	return ginauth.AuthenticationFailed().WithCode(code).WithDetail(detail{text, code, messages})
}

// class returns the name of simplejwt's class for a type.
func (t Type) class() string {
	switch t {
	case Access:
		return "AccessToken"
	case Refresh:
		return "RefreshToken"
	}
	return "SlidingToken"
}

const (
	noActiveAccount         = "No active account found with the given credentials"
	noActiveAccountForToken = "No active account found for the given token."
)

// noAccount answers a login or a token whose user does not exist or may not log
// in (as in later versions of simplejwt).
func noAccount(detail string) error {
	return ginauth.AuthenticationFailed().WithCode("no_active_account").WithDetail(detail)
}
