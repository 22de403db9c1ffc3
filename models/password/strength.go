package password

// strength lists the parameters of a hash that a guess costs work or memory
// for, in an order of the algorithm's own: PBKDF2's iterations, bcrypt's cost,
// scrypt's work factor, block size and parallelism, Argon2's memory and time.
// Argon2's parallelism is not one of them: it spreads the same work over lanes.
type strength []int

// replaces reports whether a new hash of strength s should replace a stored one
// of the same algorithm: it has no lower parameter, and it has a higher one or
// the stored hash is flawed otherwise, such as by a short salt. Of two hashes
// with one parameter higher and another lower neither replaces the other, so
// two servers that prefer different parameters cannot both replace a hash.
func (s strength) replaces(stored strength, flawed bool) bool {
	gain := flawed
	for i := range s {
		if s[i] < stored[i] {
			return false
		}
		gain = gain || s[i] > stored[i]
	}
	return gain
}
