// Package refreshtoken records the refresh and sliding JSON web tokens that
// package policies/jwt issues: in the tables of simplejwt's blacklist, which
// Django can share, and beside them the families of tokens that were exchanged
// for one another. Package models/prune deletes the records of expired tokens.
package refreshtoken
