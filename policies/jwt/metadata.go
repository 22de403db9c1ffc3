package jwt

// The answers of simplejwt's views to OPTIONS (SimpleMetadata).
const (
	pairMetadata = `{"name":"Token Obtain Pair",` +
		`"description":"Takes a set of user credentials and returns an access and refresh JSON web\ntoken pair to prove the ` +
		`authentication of those credentials."` +
		parsesAll +
		`"username":{"type":"string","required":true,"read_only":false,"label":"Username"},"password":{"type":"string",` +
		`"required":true,"read_only":false,"label":"Password"}}}}`
	refreshMetadata = `{"name":"Token Refresh",` +
		`"description":"Takes a refresh type JSON web token and returns an access type JSON web\ntoken if the refresh token is ` +
		`valid."` +
		parsesAll +
		`"refresh":{"type":"string","required":true,"read_only":false,"label":"Refresh"},"access":{"type":"string",` +
		`"required":false,"read_only":true,"label":"Access"}}}}`
	verifyMetadata = `{"name":"Token Verify",` +
		`"description":"Takes a token and indicates if it is valid.  This view provides no\ninformation about a token's ` +
		`fitness for a particular use."` +
		parsesAll +
		`"token":{"type":"string","required":true,"read_only":false,"label":"Token"}}}}`
	blacklistMetadata = `{"name":"Token Blacklist",` +
		"\"description\":\"Takes a token and blacklists it. Must be used with the\\n`rest_framework_simplejwt.token_blacklist` app " +
		`installed."` +
		parsesAll +
		`"refresh":{"type":"string","required":true,"read_only":false,"label":"Refresh"}}}}`
	slidingMetadata = `{"name":"Token Obtain Sliding",` +
		`"description":"Takes a set of user credentials and returns a sliding JSON web token to\nprove the authentication of ` +
		`those credentials."` +
		parsesAll +
		`"username":{"type":"string","required":true,"read_only":false,"label":"Username"},"password":{"type":"string",` +
		`"required":true,"read_only":false,"label":"Password"}}}}`
	slidingRefreshMetadata = `{"name":"Token Refresh Sliding","description":"Takes a sliding JSON web token and returns a new,` +
		` refreshed version if the\ntoken's refresh period has not expired."` +
		parsesAll +
		`"token":{"type":"string","required":true,"read_only":false,"label":"Token"}}}}`
)

// parsesAll is the part that they share.
const parsesAll = `,"renders":["application/json"],"parses":["application/json","application/x-www-form-urlencoded",` +
	`"multipart/form-data"],"actions":{"POST":{`
