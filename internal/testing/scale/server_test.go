//go:build linux

package scale

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// serverVariable makes the test program a server, which its value describes.
const serverVariable = "SCALE_TEST_SERVER"

// server describes a server in a process of its own.
type server struct{ Database, Redis string }

var jwtConfig = jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 32)))}

// engine has a route for each row of the benchmark.
func (s server) engine() (*gin.Engine, error) {
	db, err := database.Open(s.Database)
	if err != nil {
		return nil, err
	}
	cached := func(inner ginauth.Cacheable) ginauth.Rule {
		return ginauth.AuthenticationClasses(authcache.New(inner, authcache.Config{MaxStaleness: time.Hour}))
	}
	may := ginauth.PermissionClasses(policies.HasPerm("core.change_note"))
	rate := func(store rates.Store) ginauth.Rule {
		return ginauth.ThrottleClasses(policies.UserRate("1000000/min", policies.RateConfig{Store: store}))
	}
	inRedis := redisrate.New(redis.NewClient(&redis.Options{Addr: s.Redis}), redisrate.Config{Timeout: 10 * time.Second})
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db)))
	for path, rules := range map[string][]ginauth.Rule{
		"/public":       {ginauth.PermissionClasses(policies.AllowAny)},
		"/jwt":          {ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(jwtConfig))},
		"/token":        nil,
		"/token-cached": {cached(policies.Token(db))},
		"/full":         {may, rate(rates.NewMemoryStore())},
		"/full-cached":  {cached(policies.Token(db)), may, rate(rates.NewMemoryStore())},
		"/full-redis":   {cached(policies.Token(db)), may, rate(inRedis)},
	} {
		auth.With(r, rules...).GET(path, func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"user": ginauth.Current(c).Subject()}) })
	}
	return r, nil
}

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	description := os.Getenv(serverVariable)
	if description == "" {
		os.Exit(m.Run())
	}
	var s server
	if err := json.Unmarshal([]byte(description), &s); err != nil {
		log.Fatal(err)
	}
	engine, err := s.engine()
	if err != nil {
		log.Fatal(err)
	}
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listening, engine)) }() // for one client
	fmt.Println("http://" + listening.Addr().String())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// start starts the server, and returns its URL and process.
func (s server) start(b *testing.B) (url string, process int) {
	b.Helper()
	description, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"="+string(description))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(stdout, &url); err != nil {
		b.Fatal(err)
	}
	return url, cmd.Process.Pid
}
