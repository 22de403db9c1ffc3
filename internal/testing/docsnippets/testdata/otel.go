// Package otel stands for package otelginauth, which is in a module of its own.
package otel

import "github.com/ginauth/ginauth/ginauth"

var otelginauth struct{ New func() ginauth.Observer }
