package internal_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// composeFile is the part of docker-compose.yml that the test inspects. The
// file writes environments as maps and published ports as short strings.
type composeFile struct {
	Services map[string]struct {
		Build       string
		Environment map[string]*string
		Ports       []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		HealthCheck struct{ Test []string }
	}
}

// TestDockerCompose checks docker-compose.yml for mistakes that would hurt in
// production.
func TestDockerCompose(t *testing.T) {
	text, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(file.Services)); !slices.Equal(names, []string{"app", "postgres", "redis"}) {
		t.Fatalf("services: %v", names)
	}
	for name, service := range file.Services {
		if len(service.HealthCheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
		}
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes port %s to everybody", name, port)
			}
		}
	}
	app := file.Services["app"]
	for _, dependency := range []string{"postgres", "redis"} {
		if app.DependsOn[dependency].Condition != "service_healthy" {
			t.Errorf("app does not wait until %s is healthy", dependency)
		}
	}
	if app.Build == "" || app.Environment["DATABASE_URL"] == nil {
		t.Error("app has no build or no DATABASE_URL")
	}
	if url := app.Environment["REDIS_URL"]; url == nil || *url != "redis://redis:6379" {
		t.Error("app does not count its requests in redis")
	}
	if key := app.Environment["SECRET_KEY"]; key == nil || *key != "${SECRET_KEY:-}" {
		t.Error("the file has a secret key of its own, or takes none")
	}
}
