package commands

import (
	"cmp"
	"fmt"
	"path"
	"reflect"
	"runtime/debug"
	"strings"
)

// version describes the program and the library in it, as the build recorded
// them.
func version(program string) string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return program + " (built without module information)"
	}
	return describe(program, build)
}

// describe returns a line for the program and, if that is not a part of this
// module, one for the module.
func describe(program string, build *debug.BuildInfo) string {
	details := []string{build.GoVersion}
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			details = append(details, s.Value[:min(12, len(s.Value))])
		case s.Key == "vcs.modified" && s.Value == "true":
			details = append(details, "modified")
		}
	}
	text := fmt.Sprintf("%s %s (%s)", program, cmp.Or(build.Main.Version, "(devel)"), strings.Join(details, ", "))
	module := path.Dir(reflect.TypeFor[App]().PkgPath())
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			text += "\nginauth " + dependency.Version
		}
	}
	return text
}
