package ginauthtest

import "sync"

// AtOnce calls send n times, all at once, and returns how often each status was
// the answer. A limit of 5 that holds under a race gives map[200:5 429:95] for
// 100 requests.
func AtOnce(n int, send func(i int) (status int)) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			status := send(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	close(start)
	wg.Wait()
	return statuses
}
