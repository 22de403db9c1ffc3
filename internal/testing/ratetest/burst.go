package ratetest

import (
	"net/http"
	"net/http/httptest"
	"sync"
)

// Burst sends n requests to GET / at once from one address, to the handlers in
// turn, and returns how often each status came.
func Burst(n int, handlers ...http.Handler) map[int]int {
	var mu sync.Mutex
	statuses := map[int]int{}
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			w := httptest.NewRecorder()
			handlers[i%len(handlers)].ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			mu.Lock()
			defer mu.Unlock()
			statuses[w.Code]++
		})
	}
	close(start)
	wg.Wait()
	return statuses
}
