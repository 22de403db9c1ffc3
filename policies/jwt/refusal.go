package jwt

import "github.com/ginauth/ginauth/ginauth"

// refusal is why a token is not accepted, in simplejwt's words (TokenError). It tells nothing about the key.
type refusal string

const (
	invalid        refusal = "Token is invalid or expired"
	noID           refusal = "Token has no id"
	noType         refusal = "Token has no type"
	wrongType      refusal = "Token has wrong type"
	noExpiry       refusal = "Token has no 'exp' claim"
	noRefreshTime  refusal = "Token has no 'refresh_exp' claim"
	refreshExpired refusal = "Token 'refresh_exp' claim has expired"
	revoked        refusal = "Token is blacklisted"
	noUser         refusal = "Token contained no recognizable user identification"

	passwordChanged    refusal = "The user's password has been changed."
	credentialsRevoked refusal = "All credentials of the user have been revoked." // simplejwt has no such thing
)

func (r refusal) Error() string { return string(r) }

// code is what programs know a refusal by.
func (r refusal) code() string {
	switch r {
	case passwordChanged:
		return "password_changed"
	case credentialsRevoked:
		return "credentials_revoked"
	}
	return notValid
}

// answer is the refusal as simplejwt's AuthenticationFailed.
func (r refusal) answer() error { return refuse(string(r), r.code()) }

// detail is the body of simplejwt's own exceptions (DetailDictMixin).
type detail struct {
	Detail   string    `json:"detail"`
	Code     string    `json:"code"`
	Messages []message `json:"messages,omitempty"`
}

// message is what one of the accepted types says of a token.
type message struct {
	Class   string `json:"token_class"`
	Type    Type   `json:"token_type"`
	Message string `json:"message"`
}

const notValid = "token_not_valid"

// refuse is simplejwt's AuthenticationFailed.
func refuse(text, code string, messages ...message) error {
	return ginauth.AuthenticationFailed().WithCode(code).WithDetail(detail{text, code, messages})
}

// class is the name of simplejwt's class of a type.
func (t Type) class() string {
	switch t {
	case Access:
		return "AccessToken"
	case Refresh:
		return "RefreshToken"
	}
	return "SlidingToken"
}

// noAccount is the answer to who is not there or may not log in, by a password or by a token (as in later versions of simplejwt).
func noAccount(detail string) error {
	return ginauth.AuthenticationFailed().WithCode("no_active_account").WithDetail(detail)
}
