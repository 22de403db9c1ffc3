package jwt_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestAnswersInAnotherShape checks which answers Extend makes, and that the
// others are simplejwt's.
func TestAnswersInAnotherShape(t *testing.T) {
	type shape struct {
		Token, Refresh string
		Expire         time.Time
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		config := jwt.Config{Key: sitetest.JWTKey, AccessLifetime: time.Hour, SlidingLifetime: 2 * time.Hour, RotateRefreshTokens: true}
		s := sitetest.New(t, db)
		fail := false
		jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{
			Pair: "/pair", Refresh: "/refresh", Verify: "/verify", Sliding: "/sliding", SlidingRefresh: "/slide", ForOthers: true,
			Extend: func(_ *gin.Context, issued jwt.Issued) (any, error) {
				if fail {
					return nil, errors.New("no")
				}
				return shape{issued.Access + issued.Sliding, issued.Refresh, issued.ExpiresAt}, nil
			},
		}, db, config)
		post := func(path, body string) (got shape) {
			t.Helper()
			answer := s.Do("POST", path, sitetest.Anonymous, body)
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
				t.Fatal(path, answer)
			}
			return got
		}
		const alice = `{"username":"alice","password":"alice-pw"}`
		pair, sliding := post("/pair", alice), post("/sliding", alice)
		for name, row := range map[string]struct {
			got     shape
			refresh bool
			in      time.Duration
		}{
			"pair": {pair, true, time.Hour}, "refresh": {post("/refresh", `{"refresh":"`+pair.Refresh+`"}`), true, time.Hour},
			"sliding": {sliding, false, 2 * time.Hour}, "slide": {post("/slide", `{"token":"`+sliding.Token+`"}`), false, 2 * time.Hour},
		} {
			off := time.Until(row.got.Expire) - row.in
			if row.got.Token == "" || (row.got.Refresh != "") != row.refresh || off > time.Second || off < -time.Minute {
				t.Errorf("%s: %+v", name, row.got)
			}
		}
		if got := s.Do("POST", "/verify", sitetest.Anonymous, `{"token":"`+pair.Token+`"}`).String(); got != "200 {}" {
			t.Errorf("verify: %s", got)
		}
		if got := s.Do("POST", "/pair", sitetest.Anonymous, `{"username":"alice","password":"wrong"}`).Code; got != http.StatusUnauthorized {
			t.Errorf("a wrong password: %d", got)
		}
		fail = true
		if got := s.Do("POST", "/pair", sitetest.Anonymous, alice).Code; got != http.StatusServiceUnavailable {
			t.Errorf("a failure of Extend: %d", got)
		}
	})
}
