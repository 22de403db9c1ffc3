// Package oauth2token reads the access tokens of django-oauth-toolkit. Django
// creates their table and issues, renews and revokes them; nothing here writes
// to it. Package policies has the authenticator OAuth2Token.
package oauth2token
