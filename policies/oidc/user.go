package oidc

import (
	"context"
	"errors"
	"reflect"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TokenUser is a user known by a token of an issuer alone. It is neither staff
// nor superuser, whatever the token says.
type TokenUser struct {
	Issuer string // as in the claim iss
	ID     string // the claim of Config.UserClaim; of an issuer of many tenants, after the tenant and a colon
	Token  *jwt.Token
}

// Authenticated returns true, except for a nil user.
func (u *TokenUser) Authenticated() bool { return u != nil }

// Active returns true: an issuer makes no tokens for inactive users.
func (u *TokenUser) Active() bool { return true }

// Subject names the user in logs and throttles, distinct from users of other
// issuers with the same name.
func (u *TokenUser) Subject() string { return u.ID + " of " + u.Issuer }

// finder returns the function that looks up the user of a token.
func finder(db *gorm.DB, config Config) (func(ctx context.Context, token *jwt.Token) (ginauth.User, error), error) {
	if config.UserField == "" {
		return nil, errors.New("the UserField is missing; name the unique column that holds what " +
			"UserClaim says, e.g. \"username\"")
	}
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	lookup, err := userkit.Of(users).LookupBy(config.UserField)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, token *jwt.Token) (ginauth.User, error) {
		user, err := lookup.Find(ctx, token.UserID)
		if err != nil {
			return nil, err
		}
		return user, nil
	}, nil
}

// emailVerified reports whether the issuer vouches for the email. Without that,
// it may be any address that the user has typed in.
func emailVerified(token *jwt.Token) bool {
	claims := map[string]any{}
	return token.Claims(&claims) == nil && claims["email_verified"] == true
}

// usable reports whether a user may be let in. An interface that holds a nil
// pointer is not a user.
func usable(user ginauth.User) bool {
	if user == nil || reflect.ValueOf(user).Kind() == reflect.Pointer && reflect.ValueOf(user).IsNil() ||
		!user.Authenticated() {
		return false
	}
	account, ok := user.(interface{ Active() bool })
	return !ok || account.Active()
}

// detail is the body of simplejwt's refusals.
type detail struct {
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// noUser refuses a token that is valid, but not for a user who may be let in.
// The reason is for the log.
func noUser(reason string) error {
	const code = "user_not_found"
	return ginauth.AuthenticationFailed().WithCode(code).WithDetail(detail{"User not found", code}).
		Because(errors.New("the token is refused: " + reason))
}

// notValid refuses a token as package jwt does. The reason is for the log.
func notValid(reason string) error {
	const code = "token_not_valid"
	return ginauth.AuthenticationFailed().WithCode(code).WithDetail(detail{"Token is invalid or expired", code}).
		Because(errors.New("the token is refused: " + reason))
}
