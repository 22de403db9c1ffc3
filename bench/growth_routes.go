package main

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"
)

// routeSeries sends requests to all routes in a random order, beside bare Gin
// with the same routes.
func routeSeries() series {
	return series{
		name: "routes",
		columns: []string{
			"ns a request", bareGin, "ratio", "allocs", bareGin, "µs to register a route", bareGin,
		},
		lines: []string{"routes: time of a request", "routes: bare Gin"},
		sizes: decades(10, 100_000),
		open:  func() (func(int) (point, error), func(), error) { return measureRoutes, func() {}, nil },
	}
}

func measureRoutes(n int) (point, error) {
	paths := routePaths(n)
	var engines [2]*gin.Engine
	var registered [2]float64
	var send [2]func()
	for i, register := range []func([]string) *gin.Engine{withEach, bareRoutes} {
		registered[i] = timed(func() { engines[i] = register(paths) }, 1) / float64(n) / 1000
		var err error
		if send[i], err = serveAny(engines[i], paths); err != nil {
			return point{}, err
		}
	}
	got := measure(row{ours: send[0], theirs: send[1]}, rounds, time.Millisecond)
	return point{
		cells: []string{
			fmt.Sprintf("%.0f", got.us.least), fmt.Sprintf("%.0f", got.them.least), ratio(got.us.least, got.them.least),
			fmt.Sprintf("%.0f", got.us.allocs), fmt.Sprintf("%.0f", got.them.allocs),
			fmt.Sprintf("%.1f", registered[0]), fmt.Sprintf("%.1f", registered[1]),
		},
		values: []float64{got.us.least, got.them.least},
	}, nil
}
