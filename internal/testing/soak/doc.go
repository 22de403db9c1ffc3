// Package soak sends requests from 200,000 addresses, for 200,000 names, to
// applications with each kind of store, and checks that they take no more memory
// and have no more goroutines afterwards than before.
//
// It runs for two seconds with the other tests, and for as long as it is told:
//
//	go test ./internal/testing/soak -run TestSoak -soak 10m -timeout 30m -v
package soak
