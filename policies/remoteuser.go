package policies

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// RemoteUserConfig configures [RemoteUser].
type RemoteUserConfig struct {
	Header string // required: the header in which the proxy names the user, e.g. "X-Remote-User"

	// Peers are the addresses of the proxies that may name a user, e.g.
	// netip.MustParsePrefix("10.0.0.7/32"), not of length 0. A peer is the other
	// end of the connection, whatever X-Forwarded-For says. Required unless
	// UnixSocket or InsecureEveryPeer is set. Proxies must overwrite or remove
	// the header if their own clients send it.
	Peers []netip.Prefix

	// UnixSocket lets every peer name a user that connects through a socket
	// file of this machine, on which the server listens.
	UnixSocket bool

	// InsecureEveryPeer lets any peer name a user. Set it only where no client
	// but the proxy can reach the server.
	InsecureEveryPeer bool

	// CreateUnknownUser stores a user that does not exist yet, active and
	// without a usable password (Django: create_unknown_user, where it is the
	// default). The user model must be models.User. Default: an unknown name is
	// not a credential.
	//
	// With it, a client could register a name here before the proxy assigns
	// that name to its rightful user. A user with a usable password is
	// therefore not accepted either, and is logged at level Warn: see
	// [models.Users.Enrol].
	CreateUnknownUser bool

	// InsecureTakePasswordUsers lets the proxy name users with a password
	// despite CreateUnknownUser, as Django does. Set it only where clients
	// cannot register a name.
	InsecureTakePasswordUsers bool

	// turns the header into a user name; default: as it is
	CleanUsername func(name string) string
	// fills in a user before it is stored, e.g. from other headers
	ConfigureUser func(c *gin.Context, user *models.User) error
	// at level Debug: headers that were not believed; at Warn: users that were
	// not accepted; default: slog.Default()
	Logger *slog.Logger
}

// RemoteUser authenticates by a header in which a proxy names the user (DRF:
// RemoteUserAuthentication with Django's RemoteUserBackend). The identity's
// auth is nil. It abstains if the header is absent or empty, if the request is
// not from a trusted peer, and if the named user does not exist or is inactive.
//
// The name is what the peer wrote, in UTF-8. A header with underscores in place
// of hyphens is a different header, and is not read.
//
// It panics if no peer is trusted, because then any client could claim to be
// any user; if the header's name is missing or contains an underscore; or if
// the database's user model is unfit.
func RemoteUser(db *gorm.DB, config RemoteUserConfig) ginauth.Authenticator {
	if !wiring.IsWord(config.Header) || strings.Contains(config.Header, "_") {
		panic("policies: RemoteUser: Header must name a header, with hyphens, such as X-Remote-User")
	}
	config.Header = http.CanonicalHeaderKey(config.Header)
	peers := trustedPeers{
		addresses: config.Peers, unixSocket: config.UnixSocket, every: config.InsecureEveryPeer,
	}.checked("RemoteUser")
	users := usersOf("RemoteUser", db)
	if config.CreateUnknownUser && userkit.Of(users).Table().Django.Swapped {
		panic("policies: RemoteUser: CreateUnknownUser needs the user model models.User; " +
			"the application makes the users of its own model")
	}
	if config.InsecureTakePasswordUsers && !config.CreateUnknownUser {
		panic("policies: RemoteUser: InsecureTakePasswordUsers has no effect without CreateUnknownUser; leave it out")
	}
	if config.CleanUsername == nil {
		config.CleanUsername = func(name string) string { return name }
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &remoteUserAuth{users: users, peers: peers, config: config}
}

type remoteUserAuth struct {
	unrecorded
	users  *models.Users
	peers  trustedPeers
	config RemoteUserConfig
}

func (r *remoteUserAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	lines := c.Request.Header[r.config.Header]
	switch {
	case len(lines) == 0:
		return nil, ginauth.ErrNoCredentials
	case !r.peers.trust(c.Request):
		r.config.Logger.DebugContext(c.Request.Context(), "remote user of an untrusted peer ignored",
			"header", r.config.Header, "peer", c.Request.RemoteAddr, "request_id", ginauth.RequestID(c))
		return nil, ginauth.ErrNoCredentials
	case len(lines) > 1: // one of them may come from the client
		return nil, failed("Several remote users were named.")
	case lines[0] == "":
		return nil, ginauth.ErrNoCredentials
	}
	user, err := r.find(c, r.config.CleanUsername(lines[0]))
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, ginauth.ErrNoCredentials
	case err != nil:
		return nil, err
	case !user.Active():
		return nil, ginauth.ErrNoCredentials
	}
	return &ginauth.Identity{User: user}, nil
}

func (r *remoteUserAuth) find(c *gin.Context, name string) (models.UserModel, error) {
	ctx := c.Request.Context()
	if !r.config.CreateUnknownUser || r.config.InsecureTakePasswordUsers {
		user, err := r.users.ByUsername(ctx, name)
		if !r.config.CreateUnknownUser || !errors.Is(err, models.ErrNotFound) {
			return user, err
		}
	}
	user, err := r.users.Enrol(ctx, name, func(user *models.User) error {
		if r.config.ConfigureUser == nil {
			return nil
		}
		return r.config.ConfigureUser(c, user)
	})
	if errors.Is(err, models.ErrNameTaken) {
		r.config.Logger.WarnContext(ctx, "remote user refused: an account of that name has a password",
			"user", name, "request_id", ginauth.RequestID(c))
	}
	return user, err
}

// Describe implements [ginauth.Describer].
func (r *remoteUserAuth) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{
		Accepts: accepts(ginauth.Credential{Name: "RemoteUser", Header: r.config.Header,
			Note: "Set by the proxy in front of the API, which removes the header if a client sends it."}),
		DefinesScope: definesScope(r.users),
	}
}

// String returns "RemoteUser" with the header.
func (r *remoteUserAuth) String() string { return "RemoteUser(" + r.config.Header + ")" }
