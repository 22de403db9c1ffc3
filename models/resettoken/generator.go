package resettoken

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// ErrInvalid reports that a token is not valid. It never reveals why: the token
// is malformed, forged, used or expired, or there is no such active user.
var ErrInvalid error = &refusal.Error{
	Text: "resettoken: invalid token", Status: 400, Code: "invalid_token", Detail: "Invalid or expired token.",
}

// Generator makes and checks tokens (Django: PasswordResetTokenGenerator). It
// is safe for concurrent use.
type Generator struct {
	users  *models.Users
	byKey  userkit.Lookup
	keys   hidden.Value[models.SecretKeys]
	config Config
	now    func() time.Time

	byEmail string // a statement; empty if the user model has no addresses
}

// Of returns a generator for the users of db. [models.SecretKeys] must have
// been set before: the first makes tokens, each is accepted.
func Of(db *gorm.DB, config ...Config) (*Generator, error) {
	c, err := wiring.Config("resettoken: Of", config).withDefaults()
	if err != nil {
		return nil, err
	}
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	keys, ok := db.Plugins[models.SecretKeys{}.Name()].(models.SecretKeys)
	if !ok {
		return nil, errors.New("resettoken: the database has no secret key: " +
			"db.Use(models.SecretKeys{...}), with Django's SECRET_KEY first")
	}
	byKey, err := userkit.Of(users).LookupBy("pk")
	if err != nil {
		return nil, err
	}
	g := &Generator{users: users, byKey: byKey, keys: hidden.Of(keys), config: c, now: time.Now}
	if err := g.findEmailField(); err != nil {
		return nil, err
	}
	return g, nil
}

// findEmailField checks the column of addresses, and makes the query by it.
func (g *Generator) findEmailField() error {
	blank := g.blank(context.Background())
	field := g.config.EmailField
	if field == "" {
		g.config.EmailField = "email"
	}
	switch _, exists := userkit.Of(g.users).Table().Value(blank, g.config.EmailField); {
	case exists:
		g.byEmail = compileByEmail(g.users, g.config.EmailField)
	case field != "":
		return fmt.Errorf("resettoken: the user model has no column %q, which Config.EmailField names", field)
	}
	return nil
}

// blank returns a user with zero fields, which stands in for an unknown one.
func (g *Generator) blank(ctx context.Context) models.UserModel {
	return userkit.Of(g.users).NewRow(ctx).Blank()
}

// MakeToken returns a token for the user as loaded (Django: make_token). It is
// as good as the user's password until it ends. Like Django, it also makes one
// for a user without a usable password, who could not have set one otherwise:
// only [Generator.FindByEmail] leaves those out.
func (g *Generator) MakeToken(ctx context.Context, user models.UserModel) (models.Secret, error) {
	if _, err := g.keyText(user); err != nil {
		return "", err
	}
	timestamp := g.seconds()
	value, err := g.value(ctx, user, timestamp)
	if err != nil {
		return "", err
	}
	return models.Secret(sign(g.config.Algorithms[0], g.config.KeySalt, g.keys.Get()[0], value, timestamp)), nil
}

// CheckToken returns nil if the token is valid for the user as loaded, and
// [ErrInvalid] if not (Django: check_token). Unlike Django it refuses inactive
// users, unless [Config.Inactive] is set. Like Django it accepts a token that
// a server whose clock is ahead has made.
func (g *Generator) CheckToken(ctx context.Context, user models.UserModel, token string) error {
	timestamp, ok := parse(token)
	if _, err := g.keyText(user); err != nil || !ok {
		return ErrInvalid
	}
	value, err := g.value(ctx, user, timestamp)
	if err != nil {
		return err
	}
	signed := g.signed(token, value, timestamp)
	current := g.seconds()-timestamp <= int64(g.config.Timeout/time.Second)
	if !signed || !current || !user.Active() && !g.config.Inactive {
		return ErrInvalid
	}
	return nil
}

// keyText returns Python's text of the user's key.
func (g *Generator) keyText(user models.UserModel) (string, error) {
	text, ok := sqlkit.KeyText(g.users.Key(user))
	if !ok {
		return "", fmt.Errorf("resettoken: the key of %T cannot be part of a token", user)
	}
	return text, nil
}
