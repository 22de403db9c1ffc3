package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// credential is a header that a client sends, and the user that it stands for.
// Without a header the request is anonymous.
type credential struct{ Header, Value, User string }

// target is what clients send requests to. The first client sends to the first
// server, the second to the second, and so on.
type target struct {
	addresses   []string
	credentials []credential // sent in turn
	clients     int
}

// limit ends a load: after a number of requests or, if that is zero, a time.
type limit struct {
	requests int
	time     time.Duration
}

// loaded is what a load has measured.
type loaded struct {
	took      time.Duration
	latencies []time.Duration // sorted
}

// load sends requests from all clients until the limit is reached. An answer
// other than 200 ends it with an error.
func load(to target, how mode, until limit) (*loaded, error) {
	requests := make([][]byte, len(to.credentials))
	for i, c := range to.credentials {
		requests[i] = requestText(c, how)
	}
	var sent atomic.Int64
	began := time.Now()
	next := func() []byte {
		n := int(sent.Add(1)) - 1
		if until.requests > 0 && n >= until.requests || until.requests == 0 && time.Since(began) >= until.time {
			return nil
		}
		return requests[n%len(requests)]
	}
	latencies, errs := make([][]time.Duration, to.clients), make([]error, to.clients)
	var wg sync.WaitGroup
	for i := range to.clients {
		wg.Go(func() {
			c := &client{address: to.addresses[i%len(to.addresses)]}
			latencies[i], errs[i] = c.send(next)
		})
	}
	wg.Wait()
	got := &loaded{took: time.Since(began), latencies: slices.Concat(latencies...)}
	slices.Sort(got.latencies)
	return got, errors.Join(errs...)
}

// requestText returns a request as it is sent.
func requestText(c credential, how mode) []byte {
	var b bytes.Buffer
	b.WriteString("GET / HTTP/1.1\r\nHost: bench\r\n")
	if c.Header != "" {
		fmt.Fprintf(&b, "%s: %s\r\n", c.Header, c.Value)
	}
	if how == eachConnected {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// client sends requests over one connection at a time. It costs a fraction of
// net/http's, which would spend more than the servers.
type client struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// send sends requests until there is no next one.
func (c *client) send(next func() []byte) (latencies []time.Duration, err error) {
	defer c.hangUp()
	for {
		request := next()
		if request == nil {
			return latencies, nil
		}
		began := time.Now()
		code, _, err := c.ask(request)
		if err != nil {
			return nil, err
		}
		if code != 200 {
			return nil, fmt.Errorf("a request is answered with %d", code)
		}
		latencies = append(latencies, time.Since(began))
	}
}

// ask sends a request and reads the answer. It connects where it must.
func (c *client) ask(request []byte) (code int, body []byte, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.address, 10*time.Second); err != nil {
			return 0, nil, err
		}
		if c.reader == nil {
			c.reader = bufio.NewReader(c.conn)
		}
		c.reader.Reset(c.conn)
		if err := c.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return 0, nil, err
		}
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	code, length, closing, err := c.readHeader()
	if err != nil {
		return 0, nil, err
	}
	body = make([]byte, length)
	if _, err := io.ReadFull(c.reader, body); err != nil {
		return 0, nil, err
	}
	if closing {
		c.hangUp()
	}
	return code, body, nil
}

func (c *client) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// readHeader reads the status and what a client must know of the headers.
func (c *client) readHeader() (code, length int, closing bool, err error) {
	length = -1
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case first && len(line) >= len("HTTP/1.1 200"):
			code, err = strconv.Atoi(string(line[9:12]))
		case len(line) == 0 && length < 0:
			err = errors.New("an answer has no Content-Length")
		case len(line) == 0:
			return code, length, closing, nil
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(value))
		case bytes.EqualFold(name, []byte("Connection")):
			closing = bytes.EqualFold(value, []byte("close"))
		}
		if err != nil {
			return 0, 0, false, err
		}
	}
}
