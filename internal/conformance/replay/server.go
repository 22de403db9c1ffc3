package replay

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// timeout bounds one exchange, from dialling to the last byte of the answer.
const timeout = 60 * time.Second

// A server is what the corpus is replayed against.
type server struct {
	address string // for dialling
	host    string // for the Host header
}

func newServer(baseURL string) (server, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return server{}, fmt.Errorf("replay: base URL: %w", err)
	}
	if u.Scheme != "http" || u.Hostname() == "" {
		return server{}, fmt.Errorf("replay: base URL %q is not of the form http://host:port", baseURL)
	}
	return server{address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")), host: u.Host}, nil
}

// send exchanges one request over a connection of its own. An http.Client would
// refuse or rewrite what the corpus has to say: odd bytes in headers, repeated
// headers, their order and case.
func (s server) send(ctx context.Context, r Request, vars variables) (Response, error) {
	message, err := r.message(s.host, vars)
	if err != nil {
		return Response{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return Response{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	defer stop()
	if _, err := conn.Write(message); err != nil {
		return Response{}, err
	}
	return receive(bufio.NewReader(conn), r.Method)
}

// receive reads the final answer to a request with the given method.
func receive(conn *bufio.Reader, method string) (Response, error) {
	for {
		answer, err := http.ReadResponse(conn, &http.Request{Method: method})
		if err != nil {
			return Response{}, err
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return Response{}, err
		}
		if answer.StatusCode != http.StatusContinue {
			return Normalise(answer.StatusCode, answer.Header, body), nil
		}
	}
}

// reset puts the server's data back and clears its throttles.
func (s server) reset(ctx context.Context) error {
	answer, err := s.send(ctx, Request{Method: http.MethodPost, Path: "/_oracle/reset"}, nil)
	if err != nil {
		return fmt.Errorf("replay: POST /_oracle/reset: %w", err)
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("replay: POST /_oracle/reset answered %d", answer.Status)
	}
	return nil
}
