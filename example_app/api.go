package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

func (n notes) list(c *gin.Context) {
	mine, err := n.mine(c)
	if err != nil {
		ginauth.Abort(c, err)
		return
	}
	c.JSON(http.StatusOK, mine)
}

// stats tells any client how many notes there are.
func (n notes) stats(c *gin.Context) {
	var count int64
	if err := n.db.WithContext(c.Request.Context()).Model(&Note{}).Count(&count).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, gin.H{"notes": count})
}

func (n notes) create(c *gin.Context) {
	var sent struct {
		Title string `json:"title"`
	}
	limitBody(c)
	err := c.ShouldBindJSON(&sent)
	title, ok := cleanTitle(sent.Title)
	if err != nil || !ok {
		ginauth.Abort(c, ginauth.ValidationError(map[string][]string{"title": {badTitle}}))
		return
	}
	note, err := n.add(c, title)
	if err != nil {
		ginauth.Abort(c, err)
		return
	}
	c.JSON(http.StatusCreated, note)
}

func (n notes) read(c *gin.Context) { c.JSON(http.StatusOK, ginauth.ObjectOf[Note](c)) }

func (n notes) remove(c *gin.Context) {
	if err := n.drop(c); err != nil {
		ginauth.Abort(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// withUsername adds the user name to the answer to a login.
func withUsername(_ *gin.Context, user models.UserModel, key string) (any, error) {
	return struct {
		Token    string `json:"token"`
		Username string `json:"username"`
	}{key, user.(*models.User).Username}, nil
}

// person is a user as the API shows it.
type person struct {
	Username string `json:"username"`
	Staff    bool   `json:"staff"`
}

func me(c *gin.Context) {
	user, _ := ginauth.UserAs[*models.User](c)
	c.JSON(http.StatusOK, person{user.Username, user.IsStaff})
}

func listUsers(db *gorm.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		var users []models.User
		if err := db.WithContext(c.Request.Context()).Order("id").Find(&users).Error; err != nil {
			ginauth.Abort(c, ginauth.Unavailable(err))
			return
		}
		people := make([]person, len(users))
		for i, user := range users {
			people[i] = person{user.Username, user.IsStaff}
		}
		c.JSON(http.StatusOK, people)
	}
}
