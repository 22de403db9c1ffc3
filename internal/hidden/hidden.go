// Package hidden keeps secrets out of what package fmt prints of a struct. fmt
// calls no methods of unexported fields, so a type that redacts itself does not
// help there; and it follows a pointer that is printed with the verb %s.
package hidden

// Value holds a value that package fmt does not show, in whatever struct it
// stands. The zero Value holds the zero T.
type Value[T any] struct {
	get func() T // fmt prints the address of the code
}

// Of returns a Value that holds v.
func Of[T any](v T) Value[T] { return Value[T]{func() T { return v }} }

// Get returns the value.
func (h Value[T]) Get() (v T) {
	if h.get == nil {
		return v
	}
	return h.get()
}
