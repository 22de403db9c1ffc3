package otelginauth_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports checks that the package depends on OpenTelemetry's API alone, and
// on nothing of ginauth's that needs a database.
func TestImports(t *testing.T) {
	allowed := []string{
		"github.com/ginauth/ginauth/ginauth",
		"go.opentelemetry.io/otel",
		"go.opentelemetry.io/otel/attribute",
		"go.opentelemetry.io/otel/metric",
		"go.opentelemetry.io/otel/semconv/v1.43.0",
		"go.opentelemetry.io/otel/trace",
	}
	for _, path := range list(t, "Imports") {
		if strings.Contains(path, ".") && !slices.Contains(allowed, path) {
			t.Errorf("the package imports %s", path)
		}
	}
	for _, path := range list(t, "Deps") {
		if strings.HasPrefix(path, "gorm.io/") || strings.HasPrefix(path, "go.opentelemetry.io/otel/sdk") {
			t.Errorf("the package depends on %s", path)
		}
	}
}

func list(t *testing.T, what string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{join .`+what+` "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
