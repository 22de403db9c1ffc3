package policies

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginrecord"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// LoginRecord is an optional ability of a credential, the Auth of an identity:
// it records the login that it comes from, for [RecentLogin] and [HasFactor],
// which refuse credentials that lack it. The record must be one that the client
// cannot change, such as a signed one. The methods may be called concurrently.
// An error is a failure: 503, never a no.
type LoginRecord interface {
	// LoggedInAt returns when the user proved who they are, or the zero time if
	// that is not recorded.
	LoggedInAt(ctx context.Context) (time.Time, error)

	// LoginMethods returns how, as amr values of RFC 8176, as far as that is
	// recorded.
	LoginMethods(ctx context.Context) ([]string, error)
}

// checkRecorded returns an error, on behalf of a permission, if none of the
// authenticators establishes a record of the login. never returns why an
// authenticator does not, or "" if it may.
func checkRecorded(
	p ginauth.Permission, classes []ginauth.Authenticator, never func(class loginrecord.Unrecorder) string,
) error {
	var why []string
	for _, class := range classes {
		reason := ""
		if u, ok := class.(loginrecord.Unrecorder); ok {
			reason = never(u)
		}
		if reason == "" {
			return nil
		}
		why = append(why, ginauth.Name(class)+" "+reason)
	}
	return fmt.Errorf("%s refuses every request: %s", ginauth.Name(p), strings.Join(why, "; "))
}

// unrecorded is embedded by authenticators whose credentials record nothing
// about a login.
type unrecorded struct{}

var _ loginrecord.Unrecorder = unrecorded{}

// NeverRecordsTime implements loginrecord.Unrecorder.
func (unrecorded) NeverRecordsTime() string {
	return "does not say when and how its user has logged in"
}

// NeverRecordsMethod implements loginrecord.Unrecorder.
func (u unrecorded) NeverRecordsMethod(string) string { return u.NeverRecordsTime() }

// loginRecordOf returns the record of the login that an identity comes from, or
// nil.
func loginRecordOf(c *gin.Context, id *ginauth.Identity) LoginRecord {
	if !id.Authenticated() {
		return nil
	}
	if id.Auth != nil {
		record, _ := id.Auth.(LoginRecord)
		return record
	}
	value, _ := c.Get(presentedKey{})
	if p, ok := value.(presented); ok && ginauth.User(p.user) == id.User {
		return p.record
	}
	return nil
}

// presentedKey is the context key of what a request has presented.
type presentedKey struct{}

// presented is the record of a credential that leaves the Auth of its identity
// nil, as DRF's request.auth is. It counts for an identity with the very same
// user only: the credential may be another than the one that counts, as in an
// authenticator that asks several.
type presented struct {
	user   models.UserModel // a pointer, so it can be compared
	record LoginRecord
}

func present(c *gin.Context, user models.UserModel, record LoginRecord) {
	c.Set(presentedKey{}, presented{user, record})
}

// sessionRecord is what a session records.
type sessionRecord struct {
	sessions *session.Store
	session  *session.Session
	user     models.UserModel
}

func (r sessionRecord) LoggedInAt(ctx context.Context) (time.Time, error) {
	return r.sessions.LoggedInAt(ctx, r.session, r.user)
}

func (r sessionRecord) LoginMethods(ctx context.Context) ([]string, error) {
	return r.sessions.Methods(ctx, r.session, r.user)
}

// loginNow is the record of a request that is a login itself.
type loginNow struct {
	at      time.Time
	methods []string
}

func (l loginNow) LoggedInAt(context.Context) (time.Time, error)  { return l.at, nil }
func (l loginNow) LoginMethods(context.Context) ([]string, error) { return l.methods, nil }
