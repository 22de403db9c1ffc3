package resettoken

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// maxUID is the length of the longest text of a key that is looked up.
const maxUID = 4096

// UID returns the user's key as links contain it (Django: uidb64), or "" if
// user is not of the user model.
func (g *Generator) UID(user models.UserModel) string {
	text, _ := g.keyText(user)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// Find returns the active user that a link is for, or [ErrInvalid]. An unknown
// user, an inactive one and a wrong token cost the same. It costs one query.
func (g *Generator) Find(ctx context.Context, uid, token string) (models.UserModel, error) {
	key, ok := parseUID(uid)
	if _, made := parse(token); !made || !ok {
		return nil, ErrInvalid
	}
	user, err := g.byKey.Find(ctx, key)
	unknown := errors.Is(err, models.ErrNotFound)
	if unknown {
		user, err = g.blank(ctx), nil // the token is checked nevertheless, for the same time
	}
	if err != nil {
		return nil, err
	}
	if err := g.CheckToken(ctx, user, token); err != nil {
		return nil, err
	}
	if unknown {
		return nil, ErrInvalid
	}
	return user, nil
}

// parseUID returns the text of the key in a link.
func parseUID(uid string) (text string, ok bool) {
	if uid == "" || len(uid) > maxUID {
		return "", false
	}
	decoded, err := base64.RawURLEncoding.DecodeString(uid)
	return string(decoded), err == nil
}

// SetPassword changes the password of the user that a link is for, and returns
// the user. The error is [ErrInvalid] as that of [Generator.Find], a
// [*password.Error] if the validators of the database refuse the password (see
// [models.Passwords]), or a failure.
//
// Of several concurrent calls with one token exactly one succeeds. The change
// ends the token and the credentials of the user, see
// [models.Users.SetPassword]. It is not a login: it begins no session, and the
// limits of failed logins remain as they are.
func (g *Generator) SetPassword(ctx context.Context, uid, token, raw string) (models.UserModel, error) {
	user, err := g.Find(ctx, uid, token)
	if err != nil {
		return nil, err
	}
	if err := g.acceptable(ctx, user, token, raw); err != nil {
		return nil, err
	}
	err = userkit.Of(g.users).ReplacePassword(ctx, user, raw)
	if errors.Is(err, models.ErrPasswordChanged) {
		return nil, ErrInvalid
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// acceptable returns an error unless the password may be set and the token ends
// thereby.
func (g *Generator) acceptable(ctx context.Context, user models.UserModel, token, raw string) error {
	switch {
	case raw == "": // would make the password unusable
		return &password.Error{Objections: []password.Objection{{Message: "This field is required.", Code: "required"}}}
	case len(raw) > password.MaxBytes:
		return password.ErrTooLong
	}
	timestamp, _ := parse(token)
	value, err := g.value(ctx, user, timestamp)
	if err != nil {
		return err
	}
	if !strings.Contains(value, userkit.Of(g.users).Table().PasswordHash(user)) {
		return errors.New("resettoken: Config.Value leaves out the password's hash, " +
			"so the token would outlive its use: return base, and more")
	}
	return g.users.ValidatePassword(ctx, raw, user)
}
