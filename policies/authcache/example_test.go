package authcache_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
)

// A revoked token passes for up to five more seconds, unless this process is
// told to forget it.
func ExampleNew() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "")
	users, _ := models.UsersOf(db)
	token, _ := users.GetOrCreateToken(ctx, alice)

	cached := authcache.New(policies.Token(db), authcache.Config{MaxStaleness: 5 * time.Second})
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(cached))
	r.GET("/me", func(c *gin.Context) {})
	get := func() {
		request := httptest.NewRequest(http.MethodGet, "/me", nil)
		request.Header.Set("Authorization", "Token "+string(token.Key))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code)
	}

	get()
	_, _ = users.DeleteToken(ctx, alice)
	get()
	cached.Forget()
	get()
	// Output:
	// 200
	// 200
	// 401
}

// bus is a channel within one process.
type bus chan string

func (b bus) Announce(_ context.Context, message string) error {
	b <- message
	return nil
}

func (b bus) Listen(ctx context.Context, joined func(), heard func(message string)) error {
	joined()
	for {
		select {
		case message := <-b:
			heard(message)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A token that is revoked on any server is refused by the next request. Servers
// on PostgreSQL take database.NewChannel for the channel, and need no Announcer.
func ExampleNewListener() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	channel := make(bus)
	_ = db.Use(models.Revocation{Announcer: channel})
	listener := authcache.NewListener(channel)
	defer listener.Close()
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "")
	users, _ := models.UsersOf(db)
	token, _ := users.GetOrCreateToken(ctx, alice)

	config := authcache.Config{MaxStaleness: time.Hour, Listener: listener}
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(authcache.New(policies.Token(db), config)))
	r.GET("/me", func(c *gin.Context) {})
	get := func() int {
		request := httptest.NewRequest(http.MethodGet, "/me", nil)
		request.Header.Set("Authorization", "Token "+string(token.Key))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		return w.Code
	}

	fmt.Println(get())
	_, _ = users.DeleteToken(ctx, alice)
	for get() == http.StatusOK { // until the announcement has been heard
		time.Sleep(time.Millisecond)
	}
	fmt.Println(get())
	// Output:
	// 200
	// 401
}
