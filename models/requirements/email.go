package requirements

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/login"
)

// AllauthEmail requires a verified e-mail address, as allauth does with
// ACCOUNT_EMAIL_VERIFICATION = "mandatory". A user who logs in by an address
// must have verified that one. No mail is sent: users confirm their address at
// Django.
type AllauthEmail struct{}

var (
	_ login.Requirement = AllauthEmail{}
	_ login.TableReader = AllauthEmail{}
)

// Tables implements [login.TableReader].
func (AllauthEmail) Tables() (map[string][]string, error) {
	return map[string][]string{logintables.EmailAddresses: {"user_id", "email", "verified"}}, nil
}

// Require implements [login.Requirement].
func (AllauthEmail) Require(ctx context.Context, attempt login.Attempt) (login.Proof, error) {
	db := attempt.Users.Database()
	query := bound(db, `SELECT e."email", e."verified" FROM "account_emailaddress" e WHERE e."user_id" = ?`)
	verified := false
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), query, attempt.Users.Key(attempt.User)) {
		var address string
		var this bool
		if err == nil {
			err = rows.Scan(&address, &this)
		}
		if err != nil {
			return nil, fmt.Errorf("find e-mail addresses: %w", err)
		}
		username := strings.TrimSpace(attempt.Username)
		if !this && strings.EqualFold(norm.NFKC.String(address), norm.NFKC.String(username)) {
			verified = false
			break
		}
		verified = verified || this
	}
	if !verified {
		return nil, &login.Refusal{Status: http.StatusForbidden, Code: "email_unverified",
			Detail: "The e-mail address is not verified."}
	}
	return nil, nil
}
