//go:build linux

package scale

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// BenchmarkRequest sends requests of 16 clients over loopback, and reports the
// CPU that each process has spent, by request. PostgreSQL runs on this machine.
func BenchmarkRequest(b *testing.B) {
	url := dbtest.Postgres(b)
	db := dbtest.Open(b, url)
	people.Create(b, db)
	people.Permit(b, db, "alice", "core.change_note")
	token, bearer := credentials(b, db)
	counters := redistest.Start(b)
	redisAddress := counters.Options().Addr
	direct, directPID := server{url, redisAddress}.start(b)
	through, throughPID := server{bouncertest.Start(b, url), redisAddress}.start(b)
	sessions := func() []int { return backends(b, db) }
	redisPID, bouncer := child(b, "redis-server"), child(b, "pgbouncer")
	for _, row := range []struct {
		name, url, header string
		server            int
	}{
		{"public", direct + "/public", "", directPID},
		{"JWT, no look-up", direct + "/jwt", bearer, directPID},
		{"token, cached", direct + "/token-cached", token, directPID},
		{"token", direct + "/token", token, directPID},
		{"token, PgBouncer", through + "/token", token, throughPID},
		{"token, permission, rate; cached", direct + "/full-cached", token, directPID},
		{"token, permission, rate", direct + "/full", token, directPID},
		{"token, permission, rate in Redis; cached", direct + "/full-redis", token, directPID},
	} {
		b.Run(row.name, func(b *testing.B) {
			send(b, row.url, row.header, 64) // connects, and fills what is cached
			before := []time.Duration{cpu(b, row.server), cpu(b, sessions()...), cpu(b, bouncer), cpu(b, redisPID)}
			b.ResetTimer()
			send(b, row.url, row.header, b.N)
			b.StopTimer()
			after := []time.Duration{cpu(b, row.server), cpu(b, sessions()...), cpu(b, bouncer), cpu(b, redisPID)}
			b.ReportMetric(0, "ns/op") // depends on the machine's other work
			for i, unit := range []string{"server-µs/op", "postgres-µs/op", "pgbouncer-µs/op", "redis-µs/op"} {
				b.ReportMetric(float64((after[i]-before[i]).Microseconds())/float64(b.N), unit)
			}
		})
	}
}

// credentials returns the headers of alice's token and JSON web token.
func credentials(b *testing.B, db *gorm.DB) (token, bearer string) {
	b.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		b.Fatal(err)
	}
	alice := people.Named(b, db, "alice")
	row, err := users.GetOrCreateToken(b.Context(), alice)
	if err != nil {
		b.Fatal(err)
	}
	pair, err := jwt.NewIssuer(db, jwtConfig).Pair(b.Context(), alice)
	if err != nil {
		b.Fatal(err)
	}
	return "Token " + string(row.Key), "Bearer " + pair.Access
}

const clients = 16

func send(b *testing.B, url, authorization string, n int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for sent.Add(1) <= int64(n) {
				if err := request(client, url, authorization); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func request(client *http.Client, url, authorization string) error {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, response.Status, body)
	}
	return err
}

// backends returns the processes of PostgreSQL that serve the database.
func backends(b *testing.B, db *gorm.DB) (processes []int) {
	b.Helper()
	if err := db.Raw("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").Scan(&processes).Error; err != nil {
		b.Fatal(err)
	}
	return processes
}

// child returns the process of that name which this one has started.
func child(b *testing.B, name string) int {
	b.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		if fields := statFields(content); bytes.Contains(content, []byte("("+name+")")) && fields[1] == strconv.Itoa(os.Getpid()) {
			process, _ := strconv.Atoi(strings.Split(file, "/")[2])
			return process
		}
	}
	b.Fatal("no process ", name)
	return 0
}

// statFields returns the fields of /proc/PID/stat that follow the name.
func statFields(stat []byte) []string {
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

// cpu returns the time that processes have spent on a CPU, to 10 ms each.
func cpu(b *testing.B, processes ...int) (spent time.Duration) {
	b.Helper()
	for _, process := range processes {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
		if err != nil {
			b.Fatal(err)
		}
		for _, ticks := range statFields(content)[11:13] { // utime, stime
			n, err := strconv.Atoi(ticks)
			if err != nil {
				b.Fatal(err)
			}
			spent += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return spent
}
