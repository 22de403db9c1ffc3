package ginauth

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// InsecureExplainHeader makes the guard say in the header X-Ginauth-Decision of
// each answer what it has asked, and the answers, one after the other. It is
// for development: the header tells strangers which classes guard a route, and
// of objects that a class conceals. It has the names of classes and no data of
// users. The guard does not send it in Gin's release mode, and
// [Auth.CheckDeploy] finds it.
func InsecureExplainHeader() Option {
	return setting(func(a *Auth) { a.explainHeader = true })
}

// decisionHeader is that of [InsecureExplainHeader].
const decisionHeader = "X-Ginauth-Decision"

// decision records what a guard asks about a request, and the answers, for the
// log at level Debug and for [InsecureExplainHeader]. It names classes only. A
// nil decision records nothing.
type decision struct {
	logged, header bool
	text           strings.Builder
}

// newDecision returns the record of a decision, or nil if it is not wanted.
func (a *Auth) newDecision(ctx context.Context) *decision {
	logged := a.events.log.log().Enabled(ctx, slog.LevelDebug)
	header := a.explainHeader && gin.Mode() != gin.ReleaseMode
	if !logged && !header {
		return nil
	}
	return &decision{logged: logged, header: header}
}

// add records the answer of a class: yes if e is nil.
func (d *decision) add(kind string, class any, e *Error) {
	switch {
	case d == nil:
	case e == nil:
		d.say(kind, Name(class), yes)
	case e.Status >= http.StatusInternalServerError:
		d.say(kind, Name(class), "failed")
	default:
		d.say(kind, Name(class), no)
	}
}

// throttle records the answer of a throttle.
func (d *decision) throttle(class any, admitted bool, e *Error) {
	if d != nil && e == nil && !admitted {
		d.say("throttle", Name(class), no)
		return
	}
	d.add("throttle", class, e)
}

// credentialQuota names the throttle of a credential, whose own name might tell
// which one it is.
type credentialQuota struct{}

func (credentialQuota) String() string { return "of the credential" }

// none records that a request has no credentials for an authenticator.
func (d *decision) none(kind string, class any) {
	if d != nil {
		d.say(kind, Name(class), "no credentials")
	}
}

// say records an outcome.
func (d *decision) say(kind, class, outcome string) {
	if d == nil {
		return
	}
	if d.text.Len() > 0 {
		d.text.WriteString("; ")
	}
	d.text.WriteString(strings.TrimSuffix(kind+" "+class, " ") + ": " + outcome)
}

// isLogged reports whether the decision is told to the log.
func (d *decision) isLogged() bool { return d != nil && d.logged }

// steps returns what was recorded.
func (d *decision) steps() string {
	if d == nil {
		return ""
	}
	return d.text.String()
}

// maxDecisionHeader is the length that proxies can be expected to let through.
const maxDecisionHeader = 2000

// send sets the header, with the answer last.
func (d *decision) send(c *gin.Context, answer string) {
	if d == nil || !d.header {
		return
	}
	quoted := strconv.QuoteToASCII(d.steps()) // no line break, and nothing else that a header cannot have
	text := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if len(text) > maxDecisionHeader {
		text = text[:maxDecisionHeader] + "..."
	}
	if text != "" {
		text += "; "
	}
	c.Header(decisionHeader, text+answer)
}
