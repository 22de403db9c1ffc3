// Package ratetest is the suite that every [rates.Store] passes:
//
//	ratetest.Run(t, func(t *testing.T, f func(*testing.T, ratetest.Subject)) {
//		f(t, ratetest.Subject{Store: ..., Advance: ...})
//	})
//	ratetest.Concurrent(t, oneServer, anotherServer)
//
// Redis is a server that the tests may write to, named by GINAUTH_TEST_REDIS:
//
//	GINAUTH_TEST_REDIS=redis://127.0.0.1:6379 go test ./...
package ratetest
