package commands

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	const module = "github.com/ginauth/ginauth"
	for _, c := range []struct {
		build debug.BuildInfo
		want  string
	}{
		{debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: module, Version: "v0.1.0"}}, "app v0.1.0 (go1.26.1)"},
		{debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: module}}, "app (devel) (go1.26.1)"},
		{
			debug.BuildInfo{
				GoVersion: "go1.26.1", Main: debug.Module{Path: "example.com/app", Version: "(devel)"},
				Deps:     []*debug.Module{{Path: "example.com/other", Version: "v9.0.0"}, {Path: module, Version: "v0.1.0"}},
				Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}},
			},
			"app (devel) (go1.26.1, 0123456789ab, modified)\nginauth v0.1.0",
		},
	} {
		if got := describe("app", &c.build); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
