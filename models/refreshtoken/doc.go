// Package refreshtoken records the refresh and sliding JSON web tokens that
// package policies/jwt issues: simplejwt's blacklist, which Django can share,
// and beside it the families of tokens that were exchanged for one another.
package refreshtoken
