package commands

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/bystander"
)

type explainRequest struct {
	Method string `arg:"" help:"The method, such as GET."`
	Path   string `arg:"" help:"The path of the request, such as /notes/7, with a query if a permission reads it."`
	As     string `placeholder:"NAME" help:"The user who makes the request; without it, the request is anonymous."`
	From   string `placeholder:"ADDRESS" help:"The client's IP address; without it, throttles that count by address are unknown. What servers count in their memory is unknown in any case."`
	JSON   bool   `help:"Print a JSON object, for machines."`
}

// Run prints the explanation. The verdict is no failure of the command.
func (e explainRequest) Run(ctx context.Context, auth *ginauth.Auth, db *connection, s *streams) error {
	target, err := url.ParseRequestURI(e.Path)
	if err != nil {
		return errors.New("the path is not one of a request: it begins with a slash, such as /notes/7")
	}
	text := "http://localhost" + target.RequestURI()
	r, err := http.NewRequestWithContext(bystander.With(ctx), e.Method, text, http.NoBody)
	if err != nil {
		return errors.New("the method is not one of a request, such as GET")
	}
	if e.From != "" {
		from, err := netip.ParseAddr(e.From)
		if err != nil {
			return errors.New("--from is an IP address, such as 203.0.113.7")
		}
		r.RemoteAddr = netip.AddrPortFrom(from, 0).String()
	}
	var id *ginauth.Identity
	if e.As != "" {
		users, err := db.users(ctx)
		if err != nil {
			return err
		}
		user, err := find(ctx, users, e.As)
		if err != nil {
			return err
		}
		if !user.Active() {
			return fmt.Errorf("the user %s is inactive: every credential is refused", e.As)
		}
		id = &ginauth.Identity{User: user}
	}
	x := auth.Explain(r, id)
	if !e.JSON {
		_, err := fmt.Fprint(s.out, x)
		return err
	}
	return s.json(x)
}
