package main

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// Note is what the API is about.
type Note struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title" gorm:"size:100;not null" binding:"required,max=100"`
	OwnerID int64     `json:"-" gorm:"not null;index"`
	Created time.Time `json:"-" gorm:"not null;autoCreateTime"`
}

// notes are the handlers. Whoever gets here has passed the policy of the route, so there is a user.
type notes struct{ db *gorm.DB }

// mine is a query over the notes of the user.
func (n notes) mine(c *gin.Context) (*gorm.DB, *models.User) {
	user, _ := ginauth.UserAs[*models.User](c)
	return n.db.WithContext(c.Request.Context()).Model(&Note{}).Where("owner_id = ?", user.ID), user
}

func (n notes) list(c *gin.Context) {
	query, _ := n.mine(c)
	all := []Note{}
	if err := query.Order("id").Find(&all).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, all)
}

// stats tells everybody how many notes there are.
func (n notes) stats(c *gin.Context) {
	var count int64
	if err := n.db.WithContext(c.Request.Context()).Model(&Note{}).Count(&count).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, gin.H{"notes": count})
}

func (n notes) create(c *gin.Context) {
	var note Note
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 64<<10)
	if err := c.ShouldBindJSON(&note); err != nil {
		ginauth.Abort(c, ginauth.ValidationError(map[string][]string{"title": {"This field is required, with 100 characters at most."}}))
		return
	}
	_, user := n.mine(c)
	note = Note{Title: note.Title, OwnerID: user.ID}
	if err := n.db.WithContext(c.Request.Context()).Create(&note).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusCreated, note)
}

func (n notes) read(c *gin.Context) {
	query, _ := n.mine(c)
	var note Note
	err := query.Where("id = ?", noteID(c)).Take(&note).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		ginauth.Abort(c, ginauth.NotFound())
	case err != nil:
		ginauth.Abort(c, ginauth.Unavailable(err))
	default:
		c.JSON(http.StatusOK, note)
	}
}

func (n notes) remove(c *gin.Context) {
	query, _ := n.mine(c)
	result := query.Where("id = ?", noteID(c)).Delete(&Note{})
	switch {
	case result.Error != nil:
		ginauth.Abort(c, ginauth.Unavailable(result.Error))
	case result.RowsAffected == 0:
		ginauth.Abort(c, ginauth.NotFound())
	default:
		c.Status(http.StatusNoContent)
	}
}

// noteID is the id in the path. What is no number is the id of no note.
func noteID(c *gin.Context) int64 {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	return id
}
