package jwt

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/endpoint"
)

// views returns simplejwt's views, with their names, docstrings and fields,
// which OPTIONS shows. No field is a token that is in a cookie.
func views(i *Issuer, e Endpoints) []view {
	credentials, refresh, access := []string{"username", "password"}, []string{"refresh"}, []string{"access"}
	jar := i.config.jar
	if jar != nil {
		refresh, access = nil, nil
	}
	return []view{
		{path: e.Pair, login: true, jar: jar, post: i.postPair, View: endpoint.View{
			Name: "Token Obtain Pair",
			Description: "Takes a set of user credentials and returns an access and refresh JSON web\n" +
				"token pair to prove the authentication of those credentials.",
			Takes: credentials,
		}},
		{path: e.Refresh, jar: jar, post: i.postRefresh, View: endpoint.View{
			Name: "Token Refresh",
			Description: "Takes a refresh type JSON web token and returns an access type JSON web\n" +
				"token if the refresh token is valid.",
			Takes: refresh, Gives: access,
		}},
		{path: e.Verify, post: i.postVerify, View: endpoint.View{
			Name: "Token Verify",
			Description: "Takes a token and indicates if it is valid.  This view provides no\n" +
				"information about a token's fitness for a particular use.",
			Takes: []string{"token"},
		}},
		{path: e.Blacklist, jar: jar, post: i.postBlacklist, View: endpoint.View{
			Name: "Token Blacklist",
			Description: "Takes a token and blacklists it. Must be used with the\n" +
				"`rest_framework_simplejwt.token_blacklist` app installed.",
			Takes: refresh,
		}},
		{path: e.Sliding, login: true, post: i.postSliding, View: endpoint.View{
			Name: "Token Obtain Sliding",
			Description: "Takes a set of user credentials and returns a sliding JSON web token to\n" +
				"prove the authentication of those credentials.",
			Takes: credentials,
		}},
		{path: e.SlidingRefresh, post: i.postSlidingRefresh, View: endpoint.View{
			Name: "Token Refresh Sliding",
			Description: "Takes a sliding JSON web token and returns a new, refreshed version if the\n" +
				"token's refresh period has not expired.",
			Takes: []string{"token"},
		}},
	}
}

// csrfView returns CSRF tokens, as handlers.MountSession does.
func (j *jar) csrfView(body endpoint.Body) gin.HandlerFunc {
	get := func(c *gin.Context) (any, error) { return csrfAnswer{j.Token(c)}, nil }
	methods := map[string]endpoint.Answer{http.MethodGet: endpoint.OK(get)}
	return endpoint.View{Name: "Csrf", Body: body, Methods: methods}.Handler()
}
