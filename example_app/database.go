package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

// openDatabase opens the database, brings its tables up to date, and gives it
// the key that signs its sessions.
func openDatabase(config settings) (*gorm.DB, error) {
	db, err := database.Open(config.databaseURL)
	if err != nil {
		return nil, err
	}
	if err := db.Use(models.SecretKeys{config.secretKey}); err != nil {
		return nil, fmt.Errorf("SECRET_KEY: %w", err)
	}
	// Failed logins survive a restart.
	if err := db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)}); err != nil {
		return nil, err
	}
	if err := models.Migrate(db); err != nil {
		return nil, err
	}
	if err := db.AutoMigrate(&Note{}); err != nil {
		return nil, fmt.Errorf("migrate notes: %w", err)
	}
	return db, nil
}

// firstUser creates a user if there are none, and prints the password, which is
// not kept anywhere else.
func firstUser(ctx context.Context, db *gorm.DB, stdout io.Writer) error {
	var n int64
	if err := db.WithContext(ctx).Model(&models.User{}).Count(&n).Error; err != nil || n > 0 {
		return err
	}
	password := rand.Text()
	user := &models.User{Username: "alice", IsStaff: true}
	if err := models.CreateUser(ctx, db, user, password); err != nil {
		return err
	}
	const message = "Made the first user %q with the password %s (it is not shown again).\n\n"
	fmt.Fprintf(stdout, message, user.Username, password)
	return nil
}
