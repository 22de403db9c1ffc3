package ginauth

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// caller returns the nearest line outside this module's own packages as dir/file.go:line: where a policy was declared.
func caller() string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, ownPackage+".") && !strings.HasPrefix(f.Function, ownPackage+"/") {
			return shortFile(f)
		}
		if !more {
			return "unknown"
		}
	}
}

// ownPackage is the import path of this package; packages below it, such as handlers, annotate on an application's behalf.
var ownPackage = reflect.TypeFor[Auth]().PkgPath()

func shortFile(f runtime.Frame) string {
	parts := strings.Split(f.File, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/") + ":" + strconv.Itoa(f.Line)
}
