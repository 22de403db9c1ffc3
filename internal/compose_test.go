package internal_test

import (
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// TestDockerCompose loads docker-compose.yml as Docker does, and looks at what would hurt in production.
func TestDockerCompose(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"}, cli.WithName("ginauth"), cli.WithWorkingDirectory(".."))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := project.ServiceNames()
	slices.Sort(names)
	if !slices.Equal(names, []string{"app", "postgres", "redis"}) {
		t.Fatalf("services: %v", names)
	}
	for _, service := range project.Services {
		if service.HealthCheck == nil || len(service.HealthCheck.Test) < 2 {
			t.Errorf("%s has no health check", service.Name)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s to everybody", service.Name, port.Published)
			}
		}
	}
	app := project.Services["app"]
	for _, dependency := range []string{"postgres", "redis"} {
		if app.DependsOn[dependency].Condition != types.ServiceConditionHealthy {
			t.Errorf("app does not wait until %s is healthy", dependency)
		}
	}
	if app.Build == nil || app.Environment["DATABASE_URL"] == nil {
		t.Error("app has no build or no DATABASE_URL")
	}
	if url := app.Environment["REDIS_URL"]; url == nil || *url != "redis://redis:6379" {
		t.Error("app does not count its requests in redis")
	}
	if key := app.Environment["SECRET_KEY"]; key == nil || *key != "" {
		t.Error("the file has a secret key of its own, or takes none")
	}
}
