// Package rates counts requests: it holds what a throttle class of package
// policies asks, and what a store implements.
//
// Applications that use the classes need it only to share a store among them,
// or to configure one:
//
//	store := rates.NewMemoryStore(1_000_000)
//	limit := policies.UserRate("1000/hour", policies.RateConfig{Store: store})
//
// A store of your own implements [Store]. It needs neither Gin nor a database
// of users: a [Key] says what is counted, and a [Rate] how much is allowed.
package rates
