// Package resettoken makes and checks the tokens by which people set a new
// password after they have forgotten it, byte for byte as Django does
// (PasswordResetTokenGenerator): of one SECRET_KEY, each server accepts the
// tokens of the other.
//
//	resets, err := resettoken.Of(db)
//
//	// the form that asks for an address
//	users, err := resets.FindByEmail(ctx, email)
//	for _, user := range users {
//		token, err := resets.MakeToken(ctx, user)
//		// send a link with resets.UID(user) and string(token) to the user's address
//	}
//
//	// the form that asks for the new password
//	user, err := resets.SetPassword(ctx, uid, token, newPassword)
//
// Nothing is stored. A token covers the user's password, last login and e-mail
// address, and so ends when one of them changes. The package sends no mail and
// has no endpoints.
//
// Django projects derive other tokens from the same class, such as those that
// activate an account; see [Config.KeySalt] and [Config.Value].
package resettoken
