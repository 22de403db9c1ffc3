package handlers

// needPath panics if a constructor was given no path. Gin would take the empty
// one for that of the group, which is the root on an engine.
func needPath(constructor, path, example string) {
	if path == "" {
		panic("handlers: " + constructor + " was given an empty path; name it, such as " + example)
	}
}
