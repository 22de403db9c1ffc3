package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// pages are the handlers for browsers. What a form has changed is shown by another GET, always of a path that is written here: no
// request says where it leads.
type pages struct {
	notes   notes
	logins  *logins.Logins
	session *policies.SessionAuth
}

// loginPage is what the template login.html shows. The password is not in it.
type loginPage struct {
	CSRFToken string
	Username  string // as it was typed
	Refused   bool   // for whatever reason
}

func (p pages) loginForm(c *gin.Context) {
	if ginauth.Current(c).Authenticated() {
		c.Redirect(http.StatusSeeOther, "/")
		return
	}
	p.showLogin(c, http.StatusOK, loginPage{})
}

func (p pages) showLogin(c *gin.Context, status int, page loginPage) {
	page.CSRFToken = p.session.CSRFToken(c)
	c.HTML(status, "login.html", page)
}

// login begins a session. The route has no authenticators, whose check of the CSRF token is for who is logged in already: so it is
// made here, or another site could log its visitors in as somebody else.
func (p pages) login(c *gin.Context) {
	if err := p.session.CheckCSRF(c); err != nil {
		ginauth.Abort(c, err)
		return
	}
	name := c.PostForm("username")
	user, err := p.logins.Authenticate(c, name, c.PostForm("password"))
	if errors.Is(err, models.ErrBadCredentials) {
		p.showLogin(c, http.StatusBadRequest, loginPage{Username: name, Refused: true})
		return
	}
	if err != nil { // too many were wrong, or the database is down
		ginauth.Abort(c, err)
		return
	}
	if err := p.session.Login(c, user); err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

// logout ends the session, if there still is one. It checks the CSRF token as [pages.login] does.
func (p pages) logout(c *gin.Context) {
	if err := p.session.CheckCSRF(c); err != nil {
		ginauth.Abort(c, err)
		return
	}
	if err := p.session.Logout(c); err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Redirect(http.StatusSeeOther, "/login")
}

// notesPage is what the template notes.html shows.
type notesPage struct {
	User      string
	CSRFToken string
	Notes     []Note // the newest first
	MaxTitle  int
	Draft     string // a title that was refused
	Problem   string // why
}

func (p pages) index(c *gin.Context) { p.showNotes(c, http.StatusOK, notesPage{}) }

func (p pages) showNotes(c *gin.Context, status int, page notesPage) {
	mine, err := p.notes.mine(c)
	if err != nil {
		ginauth.Abort(c, err)
		return
	}
	slices.Reverse(mine)
	user, _ := ginauth.UserAs[*models.User](c)
	page.User, page.Notes, page.MaxTitle, page.CSRFToken = user.Username, mine, maxTitle, p.session.CSRFToken(c)
	c.HTML(status, "notes.html", page)
}

func (p pages) create(c *gin.Context) {
	title, ok := cleanTitle(c.PostForm("title"))
	if !ok {
		p.showNotes(c, http.StatusBadRequest, notesPage{Draft: title, Problem: fmt.Sprintf("A note needs a title, of %d characters at most.", maxTitle)})
		return
	}
	if _, err := p.notes.add(c, title); err != nil {
		ginauth.Abort(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func (p pages) remove(c *gin.Context) {
	if err := p.notes.drop(c); err != nil {
		ginauth.Abort(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}
