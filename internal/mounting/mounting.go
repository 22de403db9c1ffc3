// Package mounting checks the arguments of the functions that register routes.
package mounting

import "github.com/gin-gonic/gin"

// MaxBodyBytes is the maximum length of a body with credentials, in bytes,
// unless the config sets another.
const MaxBodyBytes = 64 << 10

// BodyLimit returns a configured limit, or the default for zero. It panics if
// the limit is negative. who is e.g. "handlers: MountSession".
func BodyLimit(who string, limit int64) int64 {
	switch {
	case limit < 0:
		panic(who + ": MaxBodyBytes must not be negative; 0 stands for 64 KiB")
	case limit == 0:
		return MaxBodyBytes
	}
	return limit
}

// Path panics if a path is empty in a group that has no path of its own,
// because the route would then be that of "/".
func Path(who string, group *gin.RouterGroup, path, example string) {
	if path == "" && group.BasePath() == "/" {
		panic(who + `: the path is empty; give one, such as "` + example + `"`)
	}
}
