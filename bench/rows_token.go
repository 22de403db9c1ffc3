package main

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// tokenRows compares the look-up of a token and its user with what applications
// write with GORM, on SQLite.
func tokenRows(s *store) ([]row, error) {
	type token struct {
		Key    string `gorm:"primaryKey"`
		UserID int64
		User   models.User
	}
	preload := gin.New()
	preload.GET("/", func(c *gin.Context) {
		var found token
		key, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Token ")
		err := s.db.WithContext(c.Request.Context()).Table("authtoken_token").Preload("User").Where(`"key" = ?`, key).Take(&found).Error
		if err != nil || !found.User.IsActive {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("user", &found.User)
	}, nothing)

	pool, err := s.db.DB()
	if err != nil {
		return nil, err
	}
	stmt, err := pool.Prepare(`SELECT u.id, u.password, u.last_login, u.is_superuser, u.username, u.first_name, u.last_name, u.email,
		u.is_staff, u.is_active, u.date_joined FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id WHERE t."key" = ?`)
	if err != nil {
		return nil, err
	}
	raw := gin.New()
	raw.GET("/", func(c *gin.Context) {
		var u models.User
		key, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Token ")
		err := stmt.QueryRowContext(c.Request.Context(), key).Scan(&u.ID, &u.Password, &u.LastLogin, &u.IsSuperuser, &u.Username,
			&u.FirstName, &u.LastName, &u.Email, &u.IsStaff, &u.IsActive, &u.DateJoined)
		if err != nil || !u.IsActive {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("user", &u)
	}, nothing)

	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(s.db)))
	engine.GET("/", nothing)
	var rows []row
	for _, beside := range []struct {
		peer   string
		engine *gin.Engine
	}{{"a prepared statement by hand", raw}, {"GORM's Preload", preload}} {
		row, err := pair("token, SQLite", beside.peer,
			func() (func(), error) { return serve(engine, "/", "Authorization", "Token "+s.token) },
			func() (func(), error) { return serve(beside.engine, "/", "Authorization", "Token "+s.token) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
