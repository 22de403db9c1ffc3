// Package ratetest is the suite that every [rates.Store] passes:
//
//	ratetest.Run(t, func(t *testing.T, f func(*testing.T, ratetest.Subject)) {
//		f(t, ratetest.Subject{Store: ..., Advance: ...})
//	})
//	ratetest.Concurrent(t, oneServer, anotherServer)
package ratetest
