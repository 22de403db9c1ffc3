package replay_test

import (
	"fmt"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

func ExampleReport() {
	report := replay.Report{Results: []replay.Result{
		{ID: "throttle/burst", Group: "throttle", Differences: []string{"status: want 429, got 200"}},
		{ID: "throttle/anon", Group: "throttle"},
		{ID: "methods/head", Group: "methods"},
	}}
	for _, failed := range report.Failed() {
		fmt.Println(failed)
	}
	fmt.Println(report)
	// Output:
	// DIFF throttle/burst: status: want 429, got 200
	// methods     1/1
	// throttle    1/2  <-
	// TOTAL       2/3
}
