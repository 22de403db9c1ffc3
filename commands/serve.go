package commands

import "context"

// serve is the application's own command.
type serve struct{}

// Run serves.
func (serve) Run(ctx context.Context, app App) error { return app.Serve(ctx) }
