package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// pages are the handlers for browsers. After a form has changed something they
// redirect to another GET, always of a path that is fixed here: no request
// chooses where it leads.
type pages struct {
	notes   notes
	logins  *logins.Logins
	session *policies.SessionAuth
}

// loginPage is the data of the template login.html. It does not contain the
// password.
type loginPage struct {
	CSRFToken string
	Username  string // as the visitor typed it
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

// login begins a session. The route has no authenticators, whose CSRF check is
// for users who are logged in already. So login checks the token itself:
// otherwise another site could log its visitors in under another account.
func (p pages) login(c *gin.Context) {
	if err := p.session.CheckCSRF(c); err != nil {
		ginauth.Abort(c, err)
		return
	}
	name, password := c.PostForm("username"), models.Secret(c.PostForm("password"))
	result, err := p.logins.Authenticate(c, login.Credentials{Username: name, Password: password})
	if errors.Is(err, models.ErrBadCredentials) {
		p.showLogin(c, http.StatusBadRequest, loginPage{Username: name, Refused: true})
		return
	}
	if err != nil { // too many failures, or the database is down
		ginauth.Abort(c, err)
		return
	}
	if err := p.session.Login(c, result.User, result.Factors...); err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

// logout ends the session, if there still is one. It checks the CSRF token as
// [pages.login] does.
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

// notesPage is the data of the template notes.html.
type notesPage struct {
	User      string
	CSRFToken string
	Notes     []Note // the newest first
	MaxTitle  int
	Draft     string // a title that was refused
	Problem   string // why it was refused
	Policies  string // the page of the policies, if the user may see it
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
	verdict, err := ginauth.Can(c, http.MethodGet, policyPage, nil)
	if err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	if verdict == ginauth.Allowed {
		page.Policies = policyPage
	}
	c.HTML(status, "notes.html", page)
}

func (p pages) create(c *gin.Context) {
	title, ok := cleanTitle(c.PostForm("title"))
	if !ok {
		problem := fmt.Sprintf("A note needs a title, of %d characters at most.", maxTitle)
		p.showNotes(c, http.StatusBadRequest, notesPage{Draft: title, Problem: problem})
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
