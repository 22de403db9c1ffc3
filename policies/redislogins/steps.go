package redislogins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

var errAnswer = errors.New("redislogins: a script answered something other than its numbers")

// Verdicts and outcomes of the scripts beside those of package loginstore.
const (
	notAsked = loginstore.Verdict(0) // of a network: it must be asked before the account can decide
	refused  = loginstore.Outcome(4) // of an attempt at a network's gate: the account refused it
)

// gate is the answer of a network in another part than the account.
type gate struct {
	verdict loginstore.Verdict
	wait    time.Duration
	at      int64 // when a place was taken, by the clock of the network's node
	shared  bool
}

// Reserve implements [loginstore.Store]. An attempt that is abandoned, by its
// client or after the timeout, may have been counted.
//
// On a cluster the account cannot decide without its network, unless the user
// is known there. So the network is asked first in that case, and its place is
// given back if the account decides otherwise.
func (s *store) Reserve(
	ctx context.Context, attempt loginstore.Attempt, curve loginstore.Curve,
) (loginstore.Reservation, error) {
	ctx, cancel := s.scripts.Bound(ctx)
	defer cancel()
	r, err := s.decide(ctx, attempt, curve, gate{})
	if err != nil || r.Verdict != notAsked {
		return r, err
	}
	network, err := s.enter(ctx, attempt, curve)
	if err != nil {
		return loginstore.Reservation{}, err
	}
	r, err = s.decide(ctx, attempt, curve, network)
	if err == nil && (r.Verdict == notAsked || r.Verdict == loginstore.Reserved && !r.Known && network.at == 0) {
		err = errAnswer
	}
	if err != nil {
		r = loginstore.Reservation{}
	}
	r.AtNetwork = network.at
	if network.shared {
		r.Shared |= 4
	}
	if err == nil && r.Verdict == loginstore.Reserved && !r.Known {
		return r, nil
	}
	outcome := loginstore.Untested
	if err == nil && r.Verdict == loginstore.Refused && network.verdict != loginstore.Refused {
		outcome = refused
	}
	if network.at > 0 || outcome == refused {
		// No password is tested, so giving the place back is safe whatever the
		// account has counted. If that fails, the place lapses as a failure.
		_ = s.leave(context.WithoutCancel(ctx), attempt, curve, outcome, network)
	}
	return r, err
}

// decide asks the account, and the network if it is in the same part.
func (s *store) decide(
	ctx context.Context, a loginstore.Attempt, curve loginstore.Curve, network gate,
) (r loginstore.Reservation, err error) {
	renew := (curve.KnownFor - curve.KnownFor/30).Microseconds()
	arguments := append(numbers(a, curve), s.max, renew, int(network.verdict), network.wait.Microseconds())
	reply, err := s.scripts.Run(ctx, reserveScript, s.keys(a), arguments...).Int64Slice()
	switch {
	case err != nil:
		return r, fmt.Errorf("redislogins: %w", err)
	case len(reply) != 7 || reply[0] < int64(notAsked) || reply[0] > int64(loginstore.Crowded):
		return r, errAnswer
	}
	return loginstore.Reservation{
		Attempt: a, Verdict: loginstore.Verdict(reply[0]), Wait: time.Duration(reply[1]) * time.Microsecond,
		Known: reply[2] == 1, Reusable: reply[3] == 1, At: reply[4], Turn: reply[5] == 1, Shared: int(reply[6]),
	}, nil
}

// enter takes a place at the gate of a network.
func (s *store) enter(ctx context.Context, a loginstore.Attempt, curve loginstore.Curve) (g gate, err error) {
	reply, err := s.scripts.Run(ctx, enterScript, s.networkKeys(a), append(numbers(a, curve), s.max)...).Int64Slice()
	switch {
	case err != nil:
		return g, fmt.Errorf("redislogins: %w", err)
	case len(reply) != 4 || reply[0] < int64(loginstore.Reserved) || reply[0] > int64(loginstore.Crowded):
		return g, errAnswer
	}
	g.verdict, g.shared = loginstore.Verdict(reply[0]), reply[3] == 1
	g.wait = time.Duration(reply[1]) * time.Microsecond
	if g.verdict == loginstore.Reserved {
		g.at = reply[2]
	}
	return g, nil
}

// leave gives the place at the gate of a network back.
func (s *store) leave(
	ctx context.Context, a loginstore.Attempt, curve loginstore.Curve, outcome loginstore.Outcome, g gate,
) error {
	keys := s.networkKeys(a)
	if g.shared {
		keys[1] = keys[2]
	}
	arguments := append(numbers(a, curve), int(outcome), g.at, number(g.shared))
	if err := s.scripts.Run(ctx, leaveScript, keys[:2], arguments...).Err(); err != nil {
		return fmt.Errorf("redislogins: %w", err)
	}
	return nil
}

// Settle implements [loginstore.Store].
func (s *store) Settle(
	ctx context.Context, r loginstore.Reservation, outcome loginstore.Outcome, curve loginstore.Curve,
) (err error) {
	arguments := append(numbers(r.Attempt, curve),
		int(outcome), number(r.Known), r.At, number(r.Turn), r.Shared, mostNetworks)
	if failure := s.scripts.Run(ctx, settleScript, s.keys(r.Attempt), arguments...).Err(); failure != nil {
		err = fmt.Errorf("redislogins: %w", failure)
	}
	if r.AtNetwork > 0 && !r.Known {
		err = errors.Join(err, s.leave(ctx, r.Attempt, curve, outcome, gate{at: r.AtNetwork, shared: r.Shared&4 != 0}))
	}
	return err
}
