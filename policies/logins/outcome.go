package logins

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// outcomeOf returns what an error of a tested attempt means for the counters. A
// refusal that is no guess must not count as a login either: the client has not
// shown that it is the user.
func outcomeOf(err error) loginstore.Outcome {
	refusal, refused := errors.AsType[*login.Refusal](err)
	switch {
	case err == nil:
		return loginstore.Succeeded
	case errors.Is(err, models.ErrBadCredentials), refused && refusal.Guess:
		return loginstore.Failed
	}
	return loginstore.Untested
}

// refusedLogin is the body of the refusal of a requirement.
type refusedLogin struct {
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// answer turns the error of an attempt into one for [ginauth.Abort], except for
// [models.ErrBadCredentials], which each way in answers in its own way.
func answer(err error) error {
	refusal, refused := errors.AsType[*login.Refusal](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, models.ErrBadCredentials):
		return models.ErrBadCredentials
	case !refused:
		return ginauth.Unavailable(err)
	}
	status, code, detail := refusal.Refusal()
	if status < 400 || status > 499 {
		return ginauth.Unavailable(err)
	}
	return &ginauth.Error{Status: status, Code: code, Detail: refusedLogin{detail, code}, Wait: refusal.Wait, Err: err}
}

// sameAccount is a requirement of the limits: the name that was counted. It
// refuses one that equals the user's for the database, but not for the counters.
type sameAccount string

func (counted sameAccount) Require(_ context.Context, a login.Attempt) (login.Proof, error) {
	if loginstore.AccountOf(a.Users.Username(a.User)) != loginstore.AccountOf(string(counted)) {
		return nil, models.ErrBadCredentials
	}
	return nil, nil
}
