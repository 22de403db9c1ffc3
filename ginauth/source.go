package ginauth

import (
	"path"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// caller returns the line that declares a policy, as dir/file.go:line: the
// nearest caller outside this module's library, which annotates routes on an
// application's behalf, as jwt.Mount does.
func caller() string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if !isLibrary(f) {
			return shortFile(f)
		}
		if !more {
			return "unknown"
		}
	}
}

// library lists the import paths of the module's packages that applications
// call, which may have packages below them. Others, such as example_app, are
// applications.
var library = func() (paths []string) {
	module := path.Dir(reflect.TypeFor[Auth]().PkgPath())
	for _, name := range []string{"ginauth", "policies", "models", "handlers", "commands"} {
		paths = append(paths, path.Join(module, name))
	}
	return paths
}()

func isLibrary(f runtime.Frame) bool {
	return !strings.HasSuffix(f.File, "_test.go") && slices.ContainsFunc(library, func(path string) bool {
		return strings.HasPrefix(f.Function, path+".") || strings.HasPrefix(f.Function, path+"/")
	})
}

func shortFile(f runtime.Frame) string {
	parts := strings.Split(f.File, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/") + ":" + strconv.Itoa(f.Line)
}
