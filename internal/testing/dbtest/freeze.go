package dbtest

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// Frozen makes a PostgreSQL server hang: connections stay open and new ones are
// accepted, but nothing is answered, as when the machine is frozen or a network
// drops every packet. Or it cuts the way to the server. The other tests'
// connections are not affected.
type Frozen struct {
	mu     sync.Mutex
	thawed sync.Cond
	frozen bool
	cut    bool
	closed bool
	lives  int // how often the server has been replaced
	ends   map[net.Conn]bool
}

// WithFreeze returns the URL of a PostgreSQL database that can be frozen, or of
// another server.
func WithFreeze(t testing.TB, postgres string) (string, *Frozen) {
	t.Helper()
	u, err := url.Parse(postgres)
	if err != nil || u.Host == "" {
		t.Fatal("the URL has no host")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &Frozen{ends: map[net.Conn]bool{}}
	f.thawed.L = &f.mu
	server := u.Host
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go f.forward(client, server, f.life())
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		f.close()
	})
	u.Host = listener.Addr().String()
	return u.String(), f
}

// Freeze stops all answers until [Frozen.Thaw].
func (f *Frozen) Freeze() { f.set(true, false) }

// Cut closes all connections, and new ones as they come, until [Frozen.Thaw].
func (f *Frozen) Cut() { f.set(false, true) }

// Thaw lets everything that was held back pass, and new connections too.
func (f *Frozen) Thaw() { f.set(false, false) }

func (f *Frozen) set(frozen, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen, f.cut = frozen, cut
	if cut {
		f.closeEnds()
	}
	f.thawed.Broadcast()
}

// Replace ends a freeze for new connections, as when another server has taken
// over. Those that were made before are never answered again.
func (f *Frozen) Replace() {
	f.mu.Lock()
	f.lives++
	f.mu.Unlock()
	f.Thaw()
}

func (f *Frozen) life() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lives
}

// wait waits until a connection that was made in that life may go on.
func (f *Frozen) wait(life int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.closed && (f.frozen || f.lives != life) {
		f.thawed.Wait()
	}
}

// forward connects a client to the server.
func (f *Frozen) forward(client net.Conn, address string, life int) {
	if !f.keep(client) {
		return
	}
	f.wait(life)
	server, err := net.Dial("tcp", address)
	if err != nil {
		client.Close()
		return
	}
	if !f.keep(server) {
		client.Close()
		return
	}
	go f.copy(server, client, life)
	f.copy(client, server, life)
}

// keep notes a new connection, or closes it.
func (f *Frozen) keep(end net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut {
		end.Close()
		return false
	}
	f.ends[end] = true
	return true
}

// copy passes on what it reads, and closes both ends with the first of them.
func (f *Frozen) copy(to, from net.Conn, life int) {
	defer func() {
		to.Close()
		from.Close()
		f.mu.Lock()
		delete(f.ends, from)
		f.mu.Unlock()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		f.wait(life)
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// close ends all connections.
func (f *Frozen) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.thawed.Broadcast()
	f.closeEnds()
}

func (f *Frozen) closeEnds() {
	for end := range f.ends {
		end.Close()
	}
}
