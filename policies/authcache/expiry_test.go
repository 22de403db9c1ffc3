package authcache_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/authcache"
)

// ending is a class whose credentials expire. They belong to a user whose name
// a handler may change. It counts how often it is asked.
type ending struct {
	expires   time.Time
	meanwhile func() // called while it is asked
	asked     atomic.Int64
	observed  atomic.Int64
}

type person struct{ Name string }

func (*person) Authenticated() bool { return true }
func (p *person) Subject() string   { return p.Name }

func (s *ending) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	s.asked.Add(1)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return &ginauth.Identity{User: &person{"alice"}}, nil
}
func (s *ending) Credential(c *gin.Context) (string, bool) { return c.GetHeader("Authorization"), true }
func (s *ending) Expiry(*ginauth.Identity) time.Time       { return s.expires }
func (s *ending) AnnouncedAs(*ginauth.Identity) []string   { return nil }
func (s *ending) RecordUse(*ginauth.Identity)              { s.observed.Add(1) }
func (s *ending) String() string                           { return "Ending" }

func TestACredentialThatExpires(t *testing.T) {
	inner := &ending{}
	s := newSite(inner, authcache.Config{MaxStaleness: time.Minute})
	inner.expires = s.clock.now.Add(10 * time.Second)
	for _, step := range []struct {
		later           time.Duration
		asked, observed int64
	}{{0, 1, 0}, {10*time.Second - 1, 1, 1}, {1, 2, 1}, {0, 3, 1}} { // expired ones are not cached
		s.clock.now = s.clock.now.Add(step.later)
		if s.get("x"); inner.asked.Load() != step.asked || inner.observed.Load() != step.observed {
			t.Errorf("%v: asked %d times, observed %d times", step, inner.asked.Load(), inner.observed.Load())
		}
	}
}

func TestForget(t *testing.T) {
	inner := &ending{}
	cache := authcache.New(inner, authcache.Config{MaxStaleness: time.Hour})
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	for i, asked := range []int64{1, 1, 2} {
		if _, err := cache.Authenticate(c); err != nil || inner.asked.Load() != asked {
			t.Errorf("asked %d times, %v", inner.asked.Load(), err)
		}
		if i == 1 {
			cache.Forget()
		}
	}
}

// TestForgetWhileARequestRuns checks that the answer of a running request,
// which is older than the call of Forget, is not cached.
func TestForgetWhileARequestRuns(t *testing.T) {
	inner := &ending{}
	cache := authcache.New(inner, authcache.Config{MaxStaleness: time.Hour})
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	inner.meanwhile = cache.Forget
	for _, asked := range []int64{1, 2} {
		if _, err := cache.Authenticate(c); err != nil || inner.asked.Load() != asked {
			t.Errorf("asked %d times, %v", inner.asked.Load(), err)
		}
	}
}
