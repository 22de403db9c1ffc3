package policies

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginrecord"
)

// clockSkew is how far the clock of the server that recorded a login may be
// ahead of this one.
const clockSkew = 30 * time.Second

// RecentLogin lets users pass who have logged in, or have been asked for the
// password again, within the given time, whatever requests they have made since
// (allauth: reauthentication_required). Use it for what a stolen session or
// token must not be enough for, such as a change of the email address.
//
// The time of the login is that of
//   - a session that began here, or in a Django that records it: allauth does,
//     plain Django does not;
//   - a JSON web token with the claim auth_time, see jwt.Config.RecordLogin; a
//     refreshed one has that of the login. A token of an OpenID provider too;
//   - the request itself with [Basic], which brings the password;
//   - a credential of the application's own that is a [LoginRecord].
//
// All other credentials are refused, and so is a time that lies in the future.
// A session that allauth has asked for a second factor costs a query.
//
// A refusal says "Log in again to do this.", with the code
// "recent_login_required". RecentLogin panics if the time is not positive.
func RecentLogin(within time.Duration) ginauth.Permission {
	if within <= 0 {
		panic("policies: RecentLogin: the time must be positive, such as 10*time.Minute, not " + within.String())
	}
	p := &recentLogin{within: within}
	p.traits = requiresUser()
	p.traits.CheckIdentities = p.checkIdentities
	return p
}

type recentLogin struct {
	within time.Duration
	traits ginauth.PermissionTraits
}

var _ ginauth.Denial = (*recentLogin)(nil)

func (p *recentLogin) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	record := loginRecordOf(c, id)
	if record == nil {
		return false, nil
	}
	at, err := record.LoggedInAt(c.Request.Context())
	if err != nil || at.IsZero() {
		return false, err
	}
	age := time.Since(at)
	return -clockSkew <= age && age <= p.within, nil
}

// Describe implements [ginauth.Describer].
func (p *recentLogin) Describe() ginauth.PermissionTraits { return p.traits }

func (p *recentLogin) checkIdentities(classes []ginauth.Authenticator) error {
	return checkRecorded(p, classes, loginrecord.Unrecorder.NeverRecordsTime)
}

func (*recentLogin) Message() any { return "Log in again to do this." }
func (*recentLogin) Code() string { return "recent_login_required" }

// String returns e.g. "RecentLogin(10m0s)".
func (p *recentLogin) String() string { return "RecentLogin(" + p.within.String() + ")" }
