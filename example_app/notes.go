package main

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Note is what the application is about.
type Note struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title" gorm:"size:100;not null"`
	OwnerID int64     `json:"-" gorm:"not null;index"`
	Created time.Time `json:"-" gorm:"not null;autoCreateTime"`
}

// maxTitle is the length of the longest title, in characters.
const maxTitle = 100

const badTitle = "This field is required, with 100 characters at most."

// cleanTitle returns a title without white space around it. ok is false for one that is empty, too long, or no text.
func cleanTitle(title string) (clean string, ok bool) {
	clean = strings.TrimSpace(title)
	ok = clean != "" && utf8.ValidString(clean) && utf8.RuneCountInString(clean) <= maxTitle && !strings.ContainsFunc(clean, unicode.IsControl)
	return clean, ok
}

// notes are the user's own. Whoever gets here has passed the policy of the route, and so has the note of a route that is about one.
type notes struct{ db *gorm.DB }

// mine returns the notes that the user of the request may see, the oldest first.
func (n notes) mine(c *gin.Context) ([]Note, error) {
	mine := []Note{}
	if err := policies.Scope(c, n.db).Order("id").Find(&mine).Error; err != nil {
		return nil, ginauth.Unavailable(err)
	}
	return mine, nil
}

// add stores a note of the user of the request.
func (n notes) add(c *gin.Context, title string) (*Note, error) {
	user, _ := ginauth.UserAs[*models.User](c)
	note := &Note{Title: title, OwnerID: user.ID}
	if err := ginauth.CheckDraft(c, note); err != nil {
		return nil, err
	}
	if err := n.db.WithContext(c.Request.Context()).Create(note).Error; err != nil {
		return nil, ginauth.Unavailable(err)
	}
	return note, nil
}

// drop deletes the note that the request is about.
func (n notes) drop(c *gin.Context) error {
	if err := n.db.WithContext(c.Request.Context()).Delete(ginauth.ObjectOf[Note](c)).Error; err != nil {
		return ginauth.Unavailable(err)
	}
	return nil
}
