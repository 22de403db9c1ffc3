package policies

import (
	"cmp"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginrecord"
	"github.com/ginauth/ginauth/internal/python"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies/logins"
)

// Basic authenticates by user name and password in the header "Authorization:
// Basic <base64>" (RFC 7617; DRF: BasicAuthentication). Every request costs a
// password hash, so give clients tokens where you can. The identity's user is a
// *[models.User] or the application's own user type; its auth is nil.
//
// The challenge names the realm (DRF: www_authenticate_realm), by default
// "api". Basic panics if the database's user model is unfit, if it is given two
// realms, or if the realm contains a quote, a backslash or a control character.
func Basic(db *gorm.DB, realm ...string) ginauth.Authenticator {
	name := cmp.Or(wiring.Optional("policies: Basic", "realm", realm), "api")
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		panic("policies: Basic: the realm must not hold quotes, backslashes or control characters")
	}
	users := usersOf("Basic", db)
	return &basicAuth{
		users: users, logins: logins.Of(users),
		realm: name, colonless: !stack.Of(db).Has(stack.BasicColon),
	}
}

type basicAuth struct {
	users     *models.Users
	logins    *logins.Logins
	realm     string
	colonless bool // credentials without a colon have an empty password
}

var (
	_ ginauth.Challenger     = (*basicAuth)(nil)
	_ loginrecord.Unrecorder = (*basicAuth)(nil)
)

// NeverRecordsTime returns "": each request is a login.
func (b *basicAuth) NeverRecordsTime() string { return "" }

// NeverRecordsMethod finds the code that no request has a place for.
func (b *basicAuth) NeverRecordsMethod(method string) string {
	if method == login.MethodOTP {
		return "takes no code"
	}
	return ""
}

func (b *basicAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	word, words, ok := credentials(c, "Basic")
	switch {
	case !ok:
		return nil, ginauth.ErrNoCredentials
	case words == 0:
		return nil, failed("Invalid basic header. No credentials provided.")
	case words > 1:
		return nil, failed("Invalid basic header. Credentials string should not contain spaces.")
	}
	name, password, ok := userPass(word, b.colonless)
	if !ok {
		return nil, failed("Invalid basic header. Credentials not correctly base64 encoded.")
	}
	result, err := b.logins.Authenticate(c, login.Credentials{Username: name, Password: models.Secret(password)})
	switch {
	case errors.Is(err, models.ErrBadCredentials):
		return nil, failed("Invalid username/password.")
	case err != nil:
		return nil, err
	}
	present(c, result.User, loginNow{time.Now(), loginrecord.Methods(result.Factors)})
	return &ginauth.Identity{User: result.User}, nil
}

// maxBasicBytes bounds what is decoded, as request bodies with credentials are
// bounded too: net/http reads headers of up to 1 MiB.
const maxBasicBytes = 64 << 10

func (b *basicAuth) Challenge(*gin.Context) string { return `Basic realm="` + b.realm + `"` }

// Describe implements [ginauth.Describer]: addresses are counted if failed
// logins are limited.
func (b *basicAuth) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{
		Accepts:         accepts(ginauth.Credential{Name: "Basic", Header: "Authorization", Scheme: "Basic"}),
		DefinesScope:    definesScope(b.users),
		CountsByAddress: b.logins.Store() != nil,
	}
}

func (b *basicAuth) String() string { return "Basic" }

// userPass decodes the credentials, as UTF-8 or else as Latin-1. The first
// colon ends the name. Without a colon the credentials are malformed (RFC 7617
// section 2, DRF since 3.15), unless colonless, when all of them is the name.
func userPass(encoded string, colonless bool) (name, password string, ok bool) {
	if len(encoded) > maxBasicBytes {
		return "", "", false
	}
	decoded, ok := decodeBase64(encoded)
	if !ok {
		return "", "", false
	}
	text := string(decoded)
	if !utf8.ValidString(text) {
		text = python.FromLatin1(decoded)
	}
	name, password, ok = strings.Cut(text, ":")
	return name, password, ok || colonless
}
