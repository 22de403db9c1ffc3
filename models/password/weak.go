package password

import (
	"context"
	"errors"
)

// CheckDeploy returns an error if new hashes are weak: of an algorithm that is
// only for old hashes, or with less than a quarter of the work of its default,
// which is about the oldest default in use, Django 3.2's, and OWASP's least. It
// does not judge hashers of the application's own.
func (h Hashers) CheckDeploy(context.Context) error {
	if len(h) == 0 {
		return nil
	}
	switch preferred := h[0].(type) {
	case legacySHA1, legacyMD5, legacyUnsaltedSHA1, legacyUnsaltedMD5:
		return errors.New("weak-hasher: " + h[0].Algorithm() + " is only for old hashes; put password.Argon2{} first")
	case measured:
		if standard, known := standards[preferred.Algorithm()]; known && preferred.work() < standard.work()/4 {
			return errors.New("weak-hasher: new hashes of " + preferred.Algorithm() +
				" take less than a quarter of the default work; leave the hasher's parameters out")
		}
	}
	return nil
}

// standards are the hashers with their default parameters, by algorithm.
var standards = func() map[string]measured {
	all := map[string]measured{}
	for _, h := range []measured{PBKDF2SHA256{}, PBKDF2SHA1{}, Argon2{}, BCryptSHA256{}, BCrypt{}, Scrypt{}} {
		all[h.Algorithm()] = h
	}
	return all
}()
