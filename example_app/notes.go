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

// Note is the application's one model.
type Note struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title" gorm:"size:100;not null"`
	OwnerID int64     `json:"-" gorm:"not null;index"`
	Created time.Time `json:"-" gorm:"not null;autoCreateTime"`
}

// maxTitle is the length of the longest title, in characters.
const maxTitle = 100

const badTitle = "This field is required, with 100 characters at most."

// cleanTitle returns a title without surrounding white space. ok is false if
// the title is empty, too long, or not text.
func cleanTitle(title string) (clean string, ok bool) {
	clean = strings.TrimSpace(title)
	isText := utf8.ValidString(clean) && !strings.ContainsFunc(clean, unicode.IsControl)
	return clean, isText && clean != "" && utf8.RuneCountInString(clean) <= maxTitle
}

// notes gives users access to their own notes. Every request that reaches it
// has passed the policy of its route, and so has the note if the route is about
// one.
type notes struct{ db *gorm.DB }

// mine returns the notes that the user of the request may see, the oldest
// first.
func (n notes) mine(c *gin.Context) ([]Note, error) {
	mine := []Note{}
	if err := policies.Filter(c, n.db).Order("id").Find(&mine).Error; err != nil {
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

// drop deletes the note that the request names.
func (n notes) drop(c *gin.Context) error {
	if err := n.db.WithContext(c.Request.Context()).Delete(ginauth.ObjectOf[Note](c)).Error; err != nil {
		return ginauth.Unavailable(err)
	}
	return nil
}
