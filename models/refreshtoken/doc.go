// Package refreshtoken records the refresh and sliding JSON web tokens that
// package policies/jwt issues: in the tables of simplejwt's blacklist, which
// Django can share, and beside them the families of tokens that were exchanged
// for one another.
//
// Applications use it to delete old records, and to ask whether a token is
// revoked:
//
//	tokens, err := refreshtoken.Of(db)
//	if err != nil {
//		return err
//	}
//	deleted, err := tokens.FlushExpired(ctx, config.Leeway)
package refreshtoken
