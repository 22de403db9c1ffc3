// Package ginauthtest tests applications that use ginauth:
//
//   - [NewClient] sends requests to an engine, as a user ([Client.As], DRF's
//     force_authenticate) or with a credential ([Client.With]);
//   - [Guarded] fails a test if the policies have a finding;
//   - [Matrix] prints who may call which route, for a golden file;
//   - [Fuzz] sends variants of every path, method and header, and fails if an
//     answer contradicts the policy of the route;
//   - [AtOnce] races requests, for the application's own limits;
//   - [CheapHashes] makes passwords cost nothing.
//
// There is no fake clock, since package [testing/synctest] has one: inside its
// bubble, the stores in memory of policies/rates and policies/logins, and all
// that expires, go by the bubble's time.
//
// The package is for tests: what weakens a policy panics in a program that is
// not a test.
package ginauthtest
