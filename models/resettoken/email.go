package resettoken

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// maxEmail is the length of the longest address that is looked up.
const maxEmail = 320

// compileByEmail returns the query by address, with the expression of Django's
// iexact, so that an index made for it serves both.
func compileByEmail(users *models.Users, column string) string {
	db, parts := users.Database(), userkit.Of(users).Table().SQL
	return fmt.Sprintf(`SELECT %s FROM %s u WHERE UPPER(CAST(u.%s AS text)) = UPPER(%s)%s ORDER BY %s`,
		parts.Columns, parts.Table, db.Statement.Quote(column), sqlkit.Placeholder(db, 1), parts.Live, parts.Key)
}

// FindByEmail returns the users who may get a token by mail: active, with a
// usable password, and with that address, whatever the case of its letters
// (Django: PasswordResetForm.get_users). Mostly there is one or none.
//
// Send the mail to the address of the user, never to the one that was asked
// for: they may differ. Answer the request alike whether there are users or
// not, before any mail is sent.
func (g *Generator) FindByEmail(ctx context.Context, email string) (found []models.UserModel, err error) {
	if g.byEmail == "" {
		return nil, errors.New("resettoken: the user model has no column of addresses: set Config.EmailField")
	}
	if !sqlkit.Storable(email, maxEmail) {
		return nil, nil
	}
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(g.users.Database()), g.byEmail, email) {
		var user models.UserModel
		if err == nil {
			row := userkit.Of(g.users).NewRow(ctx)
			if err = rows.Scan(row.Targets...); err == nil {
				user, err = row.User(nil)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("find users by address: %w", err)
		}
		if g.mayReset(user) && folded(g.email(user)) == folded(email) {
			found = append(found, user)
		}
	}
	return found, nil
}

func (g *Generator) mayReset(user models.UserModel) bool {
	return user.Active() && password.IsUsable(userkit.Of(g.users).Table().PasswordHash(user))
}

// folded returns an address for comparison. It does not equate letters that
// only a database's UPPER makes the same, such as ı and i.
func folded(email string) string { return cases.Fold().String(norm.NFKC.String(email)) }
