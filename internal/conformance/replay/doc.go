// Package replay sends the recorded corpus to a server and reports every answer
// that differs from the recorded one.
//
//	cases, err := replay.Load(os.DirFS("testdata"), "corpus")
//	...
//	report, err := replay.Run(ctx, "http://127.0.0.1:8800", cases, replay.Options{})
//	...
//	for _, failed := range report.Failed() {
//		t.Error(failed)
//	}
//
// The corpus holds what Django REST framework answered, one [Case] a line of
// JSON. Requests are written to the TCP connection byte for byte, because what
// a server makes of an odd header is part of what is compared. Answers are
// compared in a normal form, see [Normalise] and [Expectation.Differences]. The
// server must offer POST /_oracle/reset, which puts its data back and clears
// its throttles.
package replay
