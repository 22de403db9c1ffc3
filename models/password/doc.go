// Package password makes and checks password hashes as Django does, and decides
// whether a password is good enough.
//
//	passwords := password.NewChecker(password.DefaultHashers())
//	encoded, err := passwords.Make(ctx, "correct horse")
//	result, err := passwords.Check(ctx, "correct horse", encoded)
//
// [Hashers] are Django's PASSWORD_HASHERS and [Validators] its
// AUTH_PASSWORD_VALIDATORS. Package models uses those that a database was given
// in its settings. This package needs neither a database nor GORM.
package password
