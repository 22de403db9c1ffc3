package redislogins

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// clusterParts is the number of parts on a cluster: enough for its nodes to
// share, and few enough to list.
const clusterParts = 16

// partsOf returns the number of parts. A single server has one, so that a step
// is one script.
func partsOf(client redis.Scripter) int {
	if _, cluster := client.(interface {
		MasterForKey(ctx context.Context, key string) (*redis.Client, error)
	}); cluster {
		return clusterParts
	}
	return 1
}

// tag returns what the keys of a part begin with. The text in braces chooses
// the node of a cluster.
func (s *store) tag(part int) string {
	if s.parts == 1 {
		return "{" + s.name + "}:"
	}
	return fmt.Sprintf("{%s/%d}:", s.name, part)
}

// partOf returns the part of an account, or of the digest of a network.
func (s *store) partOf(digest []byte) int { return int(digest[0]) % s.parts }

// keys returns the keys of an attempt in its account's part: the index, its
// counters, the networks in which its user is known, and the counters that
// replace those before when there is no room; and in the same order what
// concerns the network, if that is in the same part:
//
//	{ginauth:login:2}:i                          the index
//	{ginauth:login:2}:p:<digest>:203.0.113.7/32  an account in a network
//	{ginauth:login:2}:a:<digest>                 an account
//	{ginauth:login:2}:n:203.0.113.7/32           a network
//	{ginauth:login:2}:k:<digest>:<digest>        where a user of an account is known
//	{ginauth:login:2}:s:p:123                    many accounts in networks
//	{ginauth:login:2}:s:a:123                    many accounts
//	{ginauth:login:2}:s:n:123                    many networks
//
// On a cluster the tags are {ginauth:login:2/0} to {ginauth:login:2/15}.
func (s *store) keys(a loginstore.Attempt) []string {
	tag, account := s.tag(s.partOf(a.Account[:])), a.Account.String()
	keys := []string{
		tag + "i",
		tag + "p:" + account + ":" + loginstore.NetworkText(a.Network), tag + "a:" + account,
		tag + "k:" + account + ":" + a.Principal.String(),
		sharedKey(tag, "p", a.Keys()[0]), sharedKey(tag, "a", a.Keys()[1]),
	}
	if network := s.networkKeys(a); network[0] == keys[0] {
		keys = append(keys, network[1:]...)
	}
	return keys
}

// networkKeys returns the index of a network's part, its counter, and the
// counter that replaces it when there is no room.
func (s *store) networkKeys(a loginstore.Attempt) []string {
	text := loginstore.NetworkText(a.Network)
	digest := sha256.Sum256([]byte(text))
	tag := s.tag(s.partOf(digest[:]))
	return []string{tag + "i", tag + "n:" + text, sharedKey(tag, "n", a.Keys()[2])}
}

func sharedKey(tag, kind string, key loginstore.Key) string {
	return fmt.Sprint(tag, "s:", kind, ":", key.SharedPlace())
}

// indexOf returns the index of the part of a key.
func indexOf(key string) string {
	tag, _, _ := strings.Cut(key, "}:")
	return tag + "}:i"
}
