// Package logintest is the suite that every [loginstore.Store] passes:
//
//	logintest.Run(t, func(t *testing.T, f func(*testing.T, logintest.Subject)) {
//		f(t, logintest.Subject{Store: ..., Advance: ...})
//	})
//	logintest.Concurrent(t, oneServer, anotherServer)
package logintest
