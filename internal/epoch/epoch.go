// Package epoch says when the credentials of a user count, by the times at
// which they were revoked at once.
package epoch

import "time"

// Epoch is the time at which all credentials of a user were last revoked at
// once, in microseconds since 1970; 0 means never. Credentials (sessions,
// access tokens and JSON web tokens) record the epoch that they are created in
// and end with it.
//
// An epoch ends by models.Users.RevokeAll, SetPassword and, with false,
// SetActive.
//
// Epochs are stored in the table ginauth_epoch, which models.Migrate makes, and
// loaded by the query that finds the user. In a database without that table
// every epoch is 0.
type Epoch int64

// Admits reports whether a credential that was issued in the recorded epoch is
// still valid in e. For a credential that recorded none, such as those of
// Django, known is false and its time of issue decides, to the second and
// against it when in doubt.
func (e Epoch) Admits(recorded Epoch, known bool, issued time.Time) bool {
	if known {
		return recorded == e
	}
	return e == 0 || issued.Unix() > int64(e)/1e6
}
