package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"time"
)

// contender is a server of the comparison end to end.
type contender struct {
	name   string
	beside []string // the contenders that it is compared with

	// build makes a server of this program's, in its process.
	build func(w *world) (*site, error)
	// start starts another program instead.
	start func(w *world) (*server, error)
}

// contenders returns the servers for what is there, and reasons for what was
// left out.
func contenders(w *world) (all []contender, omitted []string) {
	all, omitted = ownContenders(w)
	more, without := djangoContenders(w)
	return append(all, more...), append(omitted, without...)
}

// ownContenders returns those that are this program's.
func ownContenders(w *world) (all []contender, omitted []string) {
	for _, subject := range []func(*world) ([]contender, []string){
		tokenContenders, jwtContenders, permissionContenders, sessionContenders, redisContenders,
	} {
		more, without := subject(w)
		all, omitted = append(all, more...), append(omitted, without...)
	}
	return all, omitted
}

// mode says whether clients keep their connections.
type mode string

const (
	keepAlive     mode = "connections are kept"
	eachConnected mode = "a connection for each request"
)

var modes = []mode{keepAlive, eachConnected}

// endToEnd measures servers, each in a process of its own, from this process,
// and prints tables.
func endToEnd(out io.Writer, arguments []string) error {
	flags := flag.NewFlagSet("endtoend", flag.ExitOnError)
	rounds := flags.Int("rounds", 5, "slices of each server")
	slice := flags.Duration("slice", time.Second, "the length of a slice")
	users := flags.Int("users", 1000, "users, each with a credential; clients send these in turn")
	clients := flags.Int("clients", 16, "clients at once")
	only := flags.String("only", "", "measure the servers whose names match this regular expression")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	w, closeWorld, err := newWorld(*users)
	if err != nil {
		return err
	}
	defer closeWorld()
	all, omitted := contenders(w)
	writeMachine(out)
	for _, reason := range omitted {
		fmt.Fprintln(out, "\nleft out:", reason)
	}
	all, err = choose(all, chosen, func(c contender) string { return c.name })
	if err != nil {
		return err
	}
	found, err := measureAll(w, all, *rounds, *clients, *slice)
	if err != nil {
		return err
	}
	writeEndToEnd(out, all, found)
	return nil
}

// measureAll measures each contender in each round, in a random order, so that
// what else the machine does hits all of them.
func measureAll(w *world, all []contender, rounds, clients int, slice time.Duration) (samples, error) {
	found := samples{}
	for round := range rounds {
		for _, i := range rand.Perm(len(all)) {
			fmt.Fprintf(os.Stderr, "round %d of %d: %-60s\r", round+1, rounds, all[i].name)
			if err := measureOne(w, all[i], clients, slice, found); err != nil {
				return nil, fmt.Errorf("%s: %w", all[i].name, err)
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%80s\r", "")
	return found, nil
}

// measureOne starts a server, checks its answers, lets it see each credential
// once, and measures it in both modes.
func measureOne(w *world, c contender, clients int, slice time.Duration, into samples) error {
	s, err := c.run(w)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.check(); err != nil {
		return err
	}
	to := target{addresses: []string{s.address}, credentials: s.credentials, clients: clients}
	if _, err := load(to, keepAlive, limit{requests: len(s.credentials)}); err != nil {
		return err
	}
	for _, i := range rand.Perm(len(modes)) {
		before, err := s.cpu()
		if err != nil {
			return err
		}
		got, err := load(to, modes[i], limit{time: slice})
		if err != nil {
			return err
		}
		after, err := s.cpu()
		if err != nil {
			return err
		}
		into.add(c.name, modes[i], got.sample(after-before))
	}
	return nil
}
