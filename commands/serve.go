package commands

import "context"

// serve is the command that runs the application's own Serve.
type serve struct{}

// Run serves the application.
func (serve) Run(ctx context.Context, app App) error { return app.Serve(ctx) }
