package replay_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

// listen answers each connection with text and hands out what came in, except
// for resets, which it answers by 200.
func listen(t *testing.T, text string) (baseURL string, received <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	requests := make(chan string, 1)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			message := readMessage(conn)
			if strings.HasPrefix(message, "POST /_oracle/reset ") {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			} else {
				requests <- message
				io.WriteString(conn, text)
			}
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), requests
}

// readMessage reads one request and returns its bytes.
func readMessage(conn io.Reader) string {
	var raw strings.Builder
	in := bufio.NewReader(io.TeeReader(conn, &raw))
	request, err := http.ReadRequest(in)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	io.Copy(io.Discard, request.Body)
	return raw.String()
}

func TestRequestBytes(t *testing.T) {
	base, received := listen(t, "HTTP/1.1 204 No Content\r\n\r\n")
	host := strings.TrimPrefix(base, "http://")
	for _, test := range []struct{ name, request, want string }{
		{"plain", `{"method": "GET", "path": "/a?b", "headers": []}`,
			"GET /a?b HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"},
		{"header bytes", `{"method": "GET", "path": "/", "headers": [["x-A", "\u00a0\u00ff  é\t"]]}`,
			"GET / HTTP/1.1\r\nHost: " + host + "\r\nx-A: \xa0\xff  \xe9\t\r\nConnection: close\r\n\r\n"},
		{"repeated headers in order", `{"method": "GET", "path": "/", "headers": [["B", "1"], ["a", ""], ["b", "2"]]}`,
			"GET / HTTP/1.1\r\nHost: " + host + "\r\nB: 1\r\na: \r\nb: 2\r\nConnection: close\r\n\r\n"},
		{"own host", `{"method": "GET", "path": "/", "headers": [["hOst", "h"]]}`,
			"GET / HTTP/1.1\r\nhOst: h\r\nConnection: close\r\n\r\n"},
		{"text body in UTF-8", `{"method": "PUT", "path": "/", "body": "é"}`,
			"PUT / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n\xc3\xa9"},
		{"raw body", `{"method": "DELETE", "path": "/", "body": {"$b64": "/w=="}}`,
			"DELETE / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1\r\nConnection: close\r\n\r\n\xff"},
		{"empty body", `{"method": "GET", "path": "/", "body": ""}`,
			"GET / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"empty raw body", `{"method": "GET", "path": "/", "body": {"$b64": ""}}`,
			"GET / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"post without body", `{"method": "POST", "path": "/", "body": null}`,
			"POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"own length", `{"method": "POST", "path": "/", "headers": [["content-length", "1"]], "body": "a"}`,
			"POST / HTTP/1.1\r\nHost: " + host + "\r\ncontent-length: 1\r\nConnection: close\r\n\r\na"},
	} {
		t.Run(test.name, func(t *testing.T) {
			line := `{"id": "a", "group": "g", "request": ` + test.request + `, "response": {"status": 204}}`
			wantLines(t, run(t, base, line, replay.Options{}))
			if got := <-received; got != test.want {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct{ name, method, answer, response string }{
		{"continue first", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", `{"status": 200, "body": "x"}`},
		{"chunked", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			`{"status": 200, "body": "x"}`},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nx", `{"status": 200, "body": "x"}`},
		{"no body of HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\n",
			`{"status": 200, "headers": {}, "body": null}`},
		{"header bytes", "GET", "HTTP/1.1 200 OK\r\nX-Error-Code: \xff\r\n\r\n",
			`{"status": 200, "headers": {"x-error-code": "ÿ"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, _ := listen(t, test.answer)
			wantLines(t, run(t, base, lines(`{"id": "a", "group": "g", "request": {"method": "`+test.method+`", "path": "/"},
				"response": `+test.response+`}`), replay.Options{}))
		})
	}
}

func TestNoAnswer(t *testing.T) {
	for _, test := range []struct{ name, answer, header, problem string }{
		{"closed", "", "a", "no answer: unexpected EOF"},
		{"no HTTP", "SSH-2.0-x\r\n", "a", `no answer: malformed HTTP response "SSH-2.0-x"`},
		{"cut short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "a", "no answer: unexpected EOF"},
		{"no byte", "HTTP/1.1 200 OK\r\n\r\n", "€", "no answer: character U+20AC of the request's head is no byte"},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, _ := listen(t, test.answer)
			wantLines(t, run(t, base, lines(`{"id": "a", "group": "g", "request": {"method": "GET", "path": "/",
				"headers": [["X", "`+test.header+`"]]}, "response": {"status": 200}}`), replay.Options{}), test.problem)
		})
	}
}
