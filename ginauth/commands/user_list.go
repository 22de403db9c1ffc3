package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/ginauth/ginauth/models"
)

type listUsers struct{}

// Run prints a line for each user, in the order of the primary key.
func (listUsers) Run(ctx context.Context, users *models.Users, s *streams) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tACTIVE\tSTAFF\tSUPERUSER")
	for user, err := range users.All(ctx) {
		if err != nil {
			return err
		}
		staff, superuser := "-", "-" // the user model does not say
		if u, ok := user.(interface{ Staff() bool }); ok {
			staff = yes(u.Staff())
		}
		if u, ok := user.(interface{ Superuser() bool }); ok {
			superuser = yes(u.Superuser())
		}
		fmt.Fprintf(w, "%v\t%s\t%s\t%s\t%s\n",
			users.Key(user), printable(users.Username(user)), yes(user.Active()), staff, superuser)
	}
	return w.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// printable quotes a name with characters that would confuse the table or command the terminal: users may choose their names.
func printable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
