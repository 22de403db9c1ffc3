package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

const notesEach = 10 // of each of two owners

// listRows compares a list of a user's objects, filtered by the permissions of
// its route, with a condition that the handler writes.
func listRows(s *store) ([]row, error) {
	err := s.db.AutoMigrate(&Note{})
	for i := range int64(2 * notesEach) {
		err = errors.Join(err, s.db.Create(&Note{OwnerID: s.user.ID + i%2, Title: "a note"}).Error)
	}
	if err != nil {
		return nil, err
	}
	users, err := models.UsersOf(s.db)
	if err != nil {
		return nil, err
	}
	loaded, err := users.ByUsername(context.Background(), "alice")
	if err != nil {
		return nil, err
	}
	answer := func(c *gin.Context, page []Note, err error) {
		if err != nil || len(page) != notesEach {
			c.Status(http.StatusInternalServerError)
		}
	}
	list, err := pair("a user's 10 notes, Filter, SQLite", "a condition by hand", func() (func(), error) {
		r := gin.New()
		alice := policies.AuthenticatorFunc("alice", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: loaded}, nil
		})
		ginauth.New(r, ginauth.AuthenticationClasses(alice),
			ginauth.PermissionClasses(policies.IsOwner("OwnerID")), ginauth.ObjectsInHandler())
		r.GET("/", func(c *gin.Context) {
			var page []Note
			err := policies.Filter(c, s.db).Order("id").Limit(notesEach + 1).Find(&page).Error
			answer(c, page, err)
		})
		return serve(r, "/")
	}, func() (func(), error) {
		r := gin.New()
		r.GET("/", func(c *gin.Context) {
			var page []Note
			db := s.db.WithContext(c.Request.Context())
			err := db.Where("owner_id = ?", s.user.ID).Order("id").Limit(notesEach + 1).Find(&page).Error
			answer(c, page, err)
		})
		return serve(r, "/")
	})
	return []row{list}, err
}
