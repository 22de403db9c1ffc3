package policies

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginrecord"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models/login"
)

// HasFactor lets users pass who have proved a factor at the login, named by an
// amr value of RFC 8176 such as "otp", a one-time code (django-otp:
// otp_required). [login.Requirements] say when a login takes one.
//
// The factor is one that is recorded by
//   - a session, if it began here, or in a Django with allauth.mfa or
//     django-otp. A code counts while its device exists and is the user's, which
//     costs a query for each of the two packages that the session names. A
//     passkey is "pop";
//   - the claim amr of a JSON web token, which a login with a factor beside the
//     password writes, and which refreshed tokens inherit. A token of an OpenID
//     provider too;
//   - a credential of the application's own that is a [LoginRecord].
//
// All other credentials are refused, such as DRF's tokens, access tokens and
// OAuth 2 tokens. [Basic] proves "pwd", and takes no code.
//
// A refusal says "Log in with a one-time code to do this.", or names another
// method, with the code "factor_required". HasFactor panics if the method is
// not one word.
func HasFactor(method string) ginauth.Permission {
	if !wiring.IsWord(method) {
		panic("policies: HasFactor: a method is an amr value of RFC 8176 such as otp, not " + method)
	}
	p := &hasFactor{method: method}
	p.traits = requiresUser()
	p.traits.CheckIdentities = p.checkIdentities
	return p
}

type hasFactor struct {
	method string
	traits ginauth.PermissionTraits
}

var _ ginauth.Denial = (*hasFactor)(nil)

func (p *hasFactor) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	record := loginRecordOf(c, id)
	if record == nil {
		return false, nil
	}
	methods, err := record.LoginMethods(c.Request.Context())
	return err == nil && slices.Contains(methods, p.method), err
}

// Describe implements [ginauth.Describer].
func (p *hasFactor) Describe() ginauth.PermissionTraits { return p.traits }

func (p *hasFactor) checkIdentities(classes []ginauth.Authenticator) error {
	return checkRecorded(p, classes, func(class loginrecord.Unrecorder) string {
		return class.NeverRecordsMethod(p.method)
	})
}

func (p *hasFactor) Message() any {
	if p.method == login.MethodOTP {
		return "Log in with a one-time code to do this."
	}
	return "Log in with the method " + p.method + " to do this."
}

func (*hasFactor) Code() string { return "factor_required" }

// String returns e.g. "HasFactor(otp)".
func (p *hasFactor) String() string { return "HasFactor(" + p.method + ")" }
