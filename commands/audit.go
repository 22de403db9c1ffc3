package commands

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
)

type listAudit struct {
	Since   age    `default:"1d" placeholder:"1d" help:"How far back to read. Default: ${default}."`
	Subject string `help:"Only what a user did, or what happened to the user's credentials: the primary key, or service:NAME."`
	Kind    string `placeholder:"KIND" help:"Only events of a kind, such as login_failed."`
	listing
}

// Run prints one line per event.
func (c listAudit) Run(ctx context.Context, db *gorm.DB, s *streams) error {
	rows := c.table(s,
		"TIME", "KIND", "SUBJECT", "OWNER", "CLIENT", "METHOD", "ROUTE", "STATUS",
		"CODE", "CLASS", "CAUSE", "CREDENTIAL", "CREDENTIAL ID", "FAMILY", "REQUEST ID")
	since := time.Now().Add(-time.Duration(c.Since))
	filter := audit.Filter{Since: since, Subject: c.Subject, Kind: ginauth.EventKind(c.Kind)}
	for e, err := range audit.List(ctx, db, filter) {
		if err != nil {
			return err
		}
		client := ""
		if e.Client.IsValid() {
			client = e.Client.String()
		}
		rows.row(
			e.Time, string(e.Kind), e.Subject, e.Owner, client, e.Method, e.Route, e.Status,
			e.Code, e.Class, e.Cause, e.Credential, e.CredentialID, e.Family, e.RequestID)
	}
	return rows.print()
}
