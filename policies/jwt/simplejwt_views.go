package jwt

import "github.com/ginauth/ginauth/internal/endpoint"

// views returns simplejwt's views, with their names, docstrings and fields,
// which OPTIONS shows.
func views(i *Issuer, e Endpoints) []view {
	credentials := []string{"username", "password"}
	return []view{
		{path: e.Pair, login: true, post: i.postPair, View: endpoint.View{
			Name: "Token Obtain Pair",
			Description: "Takes a set of user credentials and returns an access and refresh JSON web\n" +
				"token pair to prove the authentication of those credentials.",
			Takes: credentials,
		}},
		{path: e.Refresh, post: i.postRefresh, View: endpoint.View{
			Name: "Token Refresh",
			Description: "Takes a refresh type JSON web token and returns an access type JSON web\n" +
				"token if the refresh token is valid.",
			Takes: []string{"refresh"}, Gives: []string{"access"},
		}},
		{path: e.Verify, post: i.postVerify, View: endpoint.View{
			Name: "Token Verify",
			Description: "Takes a token and indicates if it is valid.  This view provides no\n" +
				"information about a token's fitness for a particular use.",
			Takes: []string{"token"},
		}},
		{path: e.Blacklist, post: i.postBlacklist, View: endpoint.View{
			Name: "Token Blacklist",
			Description: "Takes a token and blacklists it. Must be used with the\n" +
				"`rest_framework_simplejwt.token_blacklist` app installed.",
			Takes: []string{"refresh"},
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
