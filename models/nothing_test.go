package models_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/oauth2token"
)

// TestNothingIsGiven checks that nil in place of a database or a row is an
// error, not a panic.
func TestNothingIsGiven(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, call := range map[string]func() error{
		"UsersOf":               func() error { _, err := models.UsersOf(nil); return err },
		"APIKeysOf":             func() error { _, err := apikey.Of(nil); return err },
		"AccessTokensOf":        func() error { _, err := accesstoken.Of(nil); return err },
		"OAuth2TokensOf":        func() error { _, err := oauth2token.Of(nil); return err },
		"Migrate":               func() error { return models.Migrate(nil) },
		"MigrationSQL":          func() error { _, err := models.MigrationSQL(nil); return err },
		"SyncPermissions":       func() error { return models.SyncPermissions(ctx, nil, &Note{}) },
		"AssignPerm":            func() error { return models.AssignPerm(ctx, nil, "core.view_note", &models.User{}, nil) },
		"LabelOf":               func() error { _, err := labelOf(nil, &Note{}); return err },
		"objectPK":              func() error { _, err := models.ObjectPK(nil, &Note{ID: 1}); return err },
		"CreateUser":            func() error { return models.CreateUser(ctx, nil, &models.User{Username: "x"}, "x") },
		"CreateUser of nil":     func() error { return models.CreateUser(ctx, db, nil, "x") },
		"CreateUserUnvalidated": func() error { return models.CreateUserUnvalidated(ctx, db, nil, "x") },
		"CreateAPIKey":          func() error { _, err := apikey.Create(ctx, nil, &apikey.Key{Name: "x"}); return err },
		"CreateAPIKey of nil":   func() error { _, err := apikey.Create(ctx, db, nil); return err },
		"Bind":                  func() error { models.Bind(nil, &models.User{}); return models.Migrate(nil) },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "is nil") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
