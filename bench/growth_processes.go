package main

import (
	"fmt"
	"time"
)

// processSeries divides the same clients among more and more processes, each on
// a port of its own, with and without a cache.
func processSeries() series {
	return series{
		name: "processes",
		columns: []string{
			"requests/s, token", "server's CPU, µs a request", "requests/s, cached", "server's CPU, µs a request",
		},
		lines: []string{"processes: requests/s, token", "processes: requests/s, cached"},
		sizes: []int{1, 2, 3, 4},
		open: func() (func(int) (point, error), func(), error) {
			w, closeWorld, err := newWorld(100)
			if err != nil {
				return nil, nil, err
			}
			return func(n int) (point, error) { return measureProcesses(w, n) }, closeWorld, nil
		},
	}
}

func measureProcesses(w *world, n int) (p point, err error) {
	databases, _ := w.databases()
	all, _ := ownContenders(w)
	for _, name := range []string{tokenName(databases[0]), cachedName(databases[0])} {
		for _, c := range all {
			if c.name != name {
				continue
			}
			got, err := c.together(w, n)
			if err != nil {
				return point{}, fmt.Errorf("%s: %w", name, err)
			}
			p.cells = append(p.cells, fmt.Sprintf("%.0f", got.perSecond), fmt.Sprintf("%.1f", got.cpu))
			p.values = append(p.values, got.perSecond)
		}
	}
	return p, nil
}

// together measures n processes of a contender at once. It returns medians.
func (c contender) together(w *world, n int) (sample, error) {
	to := target{clients: 16}
	var servers []*server
	for range n {
		s, err := c.run(w)
		if err != nil {
			return sample{}, err
		}
		defer s.stop()
		if err := s.check(); err != nil {
			return sample{}, err
		}
		servers, to.credentials = append(servers, s), s.credentials
		to.addresses = append(to.addresses, s.address)
	}
	if _, err := load(to, keepAlive, limit{requests: 2 * n * len(to.credentials)}); err != nil {
		return sample{}, err
	}
	found := samples{}
	for range 3 {
		before, err := spentBy(servers)
		if err != nil {
			return sample{}, err
		}
		got, err := load(to, keepAlive, limit{time: time.Duration(rounds) * 5 * time.Millisecond})
		if err != nil {
			return sample{}, err
		}
		after, err := spentBy(servers)
		if err != nil {
			return sample{}, err
		}
		found.add(c.name, keepAlive, got.sample(after-before))
	}
	return sample{
		perSecond: found.median(c.name, keepAlive, perSecond),
		cpu:       found.median(c.name, keepAlive, cpu),
	}, nil
}

func spentBy(servers []*server) (spent time.Duration, err error) {
	for _, s := range servers {
		one, err := s.cpu()
		if err != nil {
			return 0, err
		}
		spent += one
	}
	return spent, nil
}
