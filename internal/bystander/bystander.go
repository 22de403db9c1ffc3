// Package bystander marks the contexts of commands, which run beside the servers
// and serve no requests: what those hold in their memory is unknown to them.
package bystander

import "context"

type key struct{}

// With returns the context of a command.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Is reports whether a context is that of a command.
func Is(ctx context.Context) bool { return ctx.Value(key{}) != nil }
