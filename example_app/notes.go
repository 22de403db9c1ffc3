package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Note is what the API is about.
type Note struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title" gorm:"size:100;not null" binding:"required,max=100"`
	OwnerID int64     `json:"-" gorm:"not null;index"`
	Created time.Time `json:"-" gorm:"not null;autoCreateTime"`
}

// notes are the handlers. Whoever gets here has passed the policy of the route, and so has the note of a route that is about one.
type notes struct{ db *gorm.DB }

func (n notes) list(c *gin.Context) {
	mine := []Note{}
	if err := policies.Scope(c, n.db).Order("id").Find(&mine).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusOK, mine)
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
	user, _ := ginauth.UserAs[*models.User](c)
	note = Note{Title: note.Title, OwnerID: user.ID}
	if err := ginauth.CheckObject(c, &note); err != nil {
		ginauth.Abort(c, err)
		return
	}
	if err := n.db.WithContext(c.Request.Context()).Create(&note).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.JSON(http.StatusCreated, note)
}

func (n notes) read(c *gin.Context) { c.JSON(http.StatusOK, ginauth.ObjectOf[Note](c)) }

func (n notes) remove(c *gin.Context) {
	if err := n.db.WithContext(c.Request.Context()).Delete(ginauth.ObjectOf[Note](c)).Error; err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Status(http.StatusNoContent)
}
