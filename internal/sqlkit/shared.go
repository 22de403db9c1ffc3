package sqlkit

import (
	"runtime"
	"sync"

	"gorm.io/gorm"
)

// Shared holds one T for each database in use, which all sessions of the
// database in this process share. A T is dropped with its database, so it must
// not refer to it. The zero value is ready to use. It is safe for concurrent
// use.
type Shared[T any] struct {
	values sync.Map // a weak pointer to what all sessions of a database share -> *T
}

// Of returns the T of a database, which begins as the zero value.
func (s *Shared[T]) Of(db *gorm.DB) *T {
	key := origin(db)
	if v, ok := s.values.Load(key); ok {
		return v.(*T)
	}
	v, known := s.values.LoadOrStore(key, new(T))
	if !known {
		runtime.AddCleanup(db.Callback(), s.values.Delete, key)
	}
	return v.(*T)
}
