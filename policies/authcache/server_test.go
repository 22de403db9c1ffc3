package authcache_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/redischannel"
)

// serverVariable makes the test program a server that caches, which its value
// describes.
const serverVariable = "AUTHCACHE_TEST_SERVER"

// server describes a server in a process of its own.
type server struct {
	Database     string
	Channel      string // URL
	Prefix       string // for Redis
	MaxStaleness time.Duration
}

func (s server) channel() (authcache.Channel, error) {
	if strings.HasPrefix(s.Channel, "redis:") {
		options, err := redis.ParseURL(s.Channel)
		if err != nil {
			return nil, err
		}
		return redischannel.New(redis.NewClient(options), redischannel.Config{Prefix: s.Prefix, Timeout: 10 * time.Second}), nil
	}
	return database.NewChannel(s.Channel)
}

// jwtConfig takes a refresh token that comes again for a stolen one.
func jwtConfig() jwt.Config {
	return jwt.Config{
		Key: jwt.HS256([]byte(strings.Repeat("k", 32))), Accept: []jwt.Type{jwt.Access, jwt.Sliding}, AccessLifetime: time.Hour, SlidingLifetime: time.Hour,
		RotateRefreshTokens: true, BlacklistAfterRotation: true, RefreshGrace: time.Millisecond,
	}
}

var scopes = models.Scopes{"read": nil}

// engine answers 200 on one path for each kind of credential, and prints whose
// it is.
func (s server) engine(db *gorm.DB, listener *authcache.Listener) *gin.Engine {
	cached := func(inner ginauth.Cacheable) ginauth.Rule {
		return ginauth.AuthenticationClasses(authcache.New(inner, authcache.Config{MaxStaleness: s.MaxStaleness, Listener: listener}))
	}
	r := gin.New()
	auth := ginauth.New(r, cached(policies.Token(db)), ginauth.Logger(slog.New(slog.DiscardHandler)))
	for path, rules := range map[string][]ginauth.Rule{
		"/token":   nil,
		"/perm":    {ginauth.PermissionClasses(policies.HasPerm("core.change_note"))},
		"/group":   {ginauth.PermissionClasses(policies.InGroup("editors"))},
		"/access":  {cached(policies.AccessToken(db))},
		"/jwt":     {cached(jwt.NewAuthenticator(db, jwtConfig()))},
		"/oauth2":  {cached(policies.OAuth2Token(db)), ginauth.PermissionClasses(policies.HasScope("read"))},
		"/session": {ginauth.AuthenticationClasses(policies.Session(db))},
		"/basic":   {ginauth.AuthenticationClasses(policies.Basic(db))},
		"/key":     {ginauth.PermissionClasses(policies.HasAPIKey(db))},
	} {
		auth.With(r, rules...).GET(path, func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })
	}
	return r
}

// serve is the main function of such a process. It prints its address, and
// waits for the end of its standard input.
func serve() {
	var s server
	err := json.Unmarshal([]byte(os.Getenv(serverVariable)), &s)
	var db *gorm.DB
	if err == nil {
		db, err = database.Open(s.Database)
	}
	if err == nil {
		err = errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys{people.SecretKey}), db.Use(scopes))
	}
	channel, wrong := s.channel()
	listening, unbound := net.Listen("tcp", "127.0.0.1:0")
	if err = errors.Join(err, wrong, unbound); err != nil {
		panic(err)
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the channel is cut on purpose
	engine := s.engine(db, authcache.NewListener(channel))
	go func() { panic(http.Serve(listening, engine)) }()
	fmt.Println("http://" + listening.Addr().String())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// start starts the server in a process of its own, and returns its URL.
func (s server) start(t *testing.T) string {
	t.Helper()
	description, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"="+string(description))
	cmd.Stderr = os.Stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	var url string
	if _, err := fmt.Fscan(stdout, &url); err != nil {
		t.Fatal(err)
	}
	return url
}

// get returns the status of a request with that header, such as
// "Authorization: Token x".
func get(t *testing.T, url, header string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(header, ": ")
	request.Header.Set(name, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}
