package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/policies"
)

// Note belongs to a user.
type Note struct {
	ID      int64  `json:"id"`
	Title   string `json:"title"`
	OwnerID int64  `json:"-"`
}

// Credentials are what a user logs in with.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Token is the answer to a login.
type Token struct {
	Token string `json:"token"`
}

// mountLogin mounts the login.
//
//	@Summary	Log in
//	@Param		body	body		Credentials	true	"the user's"
//	@Success	200		{object}	Token
//	@Failure	400		"The credentials are wrong."
//	@Router		/token [post]
func mountLogin(auth *ginauth.Auth, api gin.IRouter, db *gorm.DB) {
	handlers.MountObtainAuthToken(auth, api, "/token", db)
}

// notes are the handlers. Who may call them stands in newAPI, and nowhere in
// their comments.
type notes struct{ db *gorm.DB }

// list answers with the caller's notes.
//
//	@Summary	List your notes
//	@Success	200	{array}	Note
//	@Router		/notes [get]
func (n notes) list(c *gin.Context) {
	mine := []Note{}
	if err := policies.Filter(c, n.db).Order("id").Find(&mine).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, mine)
}

// show answers with one note.
//
//	@Summary	Show a note
//	@Param		noteID	path		int	true	"its id"
//	@Success	200		{object}	Note
//	@Router		/notes/{noteID} [get]
func (n notes) show(c *gin.Context) { c.JSON(http.StatusOK, ginauth.ObjectOf[Note](c)) }

// drop deletes one note.
//
//	@Summary	Delete a note
//	@Param		noteID	path	int	true	"its id"
//	@Success	204		"It is gone."
//	@Router		/notes/{noteID} [delete]
func (n notes) drop(c *gin.Context) {
	if err := n.db.WithContext(c.Request.Context()).Delete(ginauth.ObjectOf[Note](c)).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Status(http.StatusNoContent)
}

// count answers with the number of all notes.
//
//	@Summary	Count the notes of all users
//	@Success	200	{integer}	int
//	@Router		/count [get]
func (n notes) count(c *gin.Context) {
	var number int64
	if err := n.db.WithContext(c.Request.Context()).Model(&Note{}).Count(&number).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, number)
}
