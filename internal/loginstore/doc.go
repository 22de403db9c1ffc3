// Package loginstore counts failed logins: the contract of the stores that
// package policies/logins is given, the decisions that they all make alike, and
// the stores in memory and in a database. Package policies/redislogins has the
// same decisions in Lua.
package loginstore
