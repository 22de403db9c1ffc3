package jwt

import "github.com/ginauth/ginauth/internal/stack"

// release holds what depends on the release of simplejwt.
type release struct {
	invalid refusal // of a token that is not accepted
	expired refusal // of a token that is good otherwise

	// textUserID makes the claim that names the user a string at a login,
	// whatever the user's key is. A refresh copies the claim.
	textUserID bool
}

// subject is a claim that must be a string (RFC 7519 section 4.1.2). PyJWT
// refuses any other since 2.10.
const subject = "sub"

func releaseOf(rs stack.Releases, userClaim string) release {
	r := release{
		invalid: invalidOrExpired, expired: invalidOrExpired,
		textUserID: rs.Has(stack.TextUserID) || userClaim == subject,
	}
	if rs.Has(stack.ExpiredText) {
		r.invalid, r.expired = "Token is invalid", "Token is expired"
	}
	return r
}
