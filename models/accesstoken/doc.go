// Package accesstoken holds ginauth's own access tokens: many for each owner,
// with a name, scopes and an end, stored as digests. Their owners are users and
// services. Package policies has the authenticator, package handlers the
// endpoints by which users manage their own.
package accesstoken
