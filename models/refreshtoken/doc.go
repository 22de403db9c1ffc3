// Package refreshtoken records the refresh and sliding JSON web tokens that
// package policies/jwt issues: in the tables of simplejwt's blacklist, which
// Django can share, and beside them the families of tokens that were exchanged
// for one another.
//
// Applications use it to ask whether a token is revoked:
//
//	tokens, err := refreshtoken.Of(db)
//	if err != nil {
//		return err
//	}
//	revoked, err := tokens.Contains(ctx, jti)
//
// Package models/prune deletes the records of expired tokens.
package refreshtoken
