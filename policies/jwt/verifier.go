package jwt

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// VerifierConfig describes the tokens that a [Verifier] accepts.
type VerifierConfig struct {
	Issuer   string   // required: the claim iss must be exactly this
	Audience []string // required: the claim aud must contain one of these

	// Keys returns the key of a token by its header: the algorithm (alg), and
	// the id (kid), which is "" if it is absent. Required. It knows one issuer's
	// keys only: an id does not say whose a key is. Until the signature has been
	// verified nothing in a header can be trusted, so it may only select among
	// keys that are trusted already.
	//
	// It is called for every token, so it must not ask the network each time. If
	// the signature is not that key's, it is called again with the keys that
	// were refused, since the issuer may have put a new key under an old id: it
	// returns another key, within the same limits, because anyone can send such
	// a token.
	//
	// ok is false if the issuer has no such key: 401. An error means that this
	// cannot be determined now: 503, unless it is an *[ginauth.Error] of another
	// status. It may be called concurrently.
	Keys func(ctx context.Context, algorithm, id string, refused []Key) (key Key, ok bool, err error)

	Algorithms []string // default: RS256, PS256, ES256 and EdDSA; never one with a secret

	// Types are the accepted values of typ in the header, in any case; ""
	// stands for a header without it. Default: "JWT", "at+jwt" and "".
	Types []string

	Leeway        time.Duration    // how far clocks may differ; default: none
	UserIDClaim   string           // becomes Token.UserID; default: "sub"
	MaxTokenBytes int              // a longer token is refused unread; default: 16 KiB
	Now           func() time.Time // default: time.Now
}

// Verifier checks tokens that another party signs with its own keys. Package
// oidc is built on it. It is safe for concurrent use.
type Verifier struct {
	keys       func(ctx context.Context, algorithm, id string, refused []Key) (key Key, ok bool, err error)
	config     Config
	algorithms []string
	types      []string
}

// NewVerifier returns a verifier. It panics if
//
//   - Keys is nil,
//   - the issuer or the audience is missing, since tokens that the issuer made
//     for others would pass,
//   - Leeway or MaxTokenBytes is negative, or
//   - an algorithm does not use a public key.
func NewVerifier(config VerifierConfig) *Verifier {
	fail := func(message string) { panic("jwt: NewVerifier: " + message) }
	switch {
	case config.Keys == nil:
		fail("Keys is missing")
	case config.Issuer == "":
		fail("Issuer is missing: whose tokens are they?")
	case len(config.Audience) == 0 || slices.Contains(config.Audience, ""):
		fail("Audience is missing: without one, tokens that the issuer made for others would be good here")
	case config.Leeway < 0:
		fail("Leeway is negative")
	case config.MaxTokenBytes < 0:
		fail("MaxTokenBytes is negative")
	}
	v := &Verifier{keys: config.Keys, algorithms: slices.Clone(config.Algorithms)}
	if len(v.algorithms) == 0 {
		v.algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}
	}
	for _, algorithm := range v.algorithms {
		if _, err := asymmetricMethod(algorithm); err != nil {
			fail("Algorithms: " + err.Error())
		}
	}
	for _, kind := range config.Types {
		v.types = append(v.types, shortType(kind))
	}
	if len(v.types) == 0 {
		v.types = []string{"jwt", "at+jwt", ""}
	}
	v.config = Config{
		Issuer: config.Issuer, Audience: slices.Clone(config.Audience), Leeway: config.Leeway, Now: config.Now,
		UserIDClaim: cmp.Or(config.UserIDClaim, "sub"), MaxTokenBytes: cmp.Or(config.MaxTokenBytes, 16<<10),
		HeaderTypes: []string{"Bearer"},
	}
	if v.config.Now == nil {
		v.config.Now = time.Now
	}
	return v
}

// shortType returns a typ in the form in which it is compared: without case,
// and without the optional "application/" (RFC 7515 section 4.1.9).
func shortType(kind string) string {
	return strings.TrimPrefix(strings.ToLower(kind), "application/")
}

// Bearer returns the token of a request, or [ginauth.ErrNoCredentials], as the
// authenticators of this package do.
func (v *Verifier) Bearer(c *gin.Context) (token string, err error) {
	return v.config.bearer(c)
}

// ClaimsIssuer reports whether a token claims, unverified, to be of the
// verifier's issuer. Use it to route tokens among several verifiers.
func (v *Verifier) ClaimsIssuer(token string) bool {
	parts, ok := v.config.split(token)
	if !ok {
		return false
	}
	_, list, ok := parts.claims()
	return ok && v.config.issuerValid(list)
}

// Verify returns the claims of a valid token. The error for an invalid one is
// an *[ginauth.Error] of status 401 with simplejwt's answer; its cause, for the
// log, says what is wrong. Any other error is one of Keys, as it returned it,
// such as [ginauth.Unavailable]. A token must have an exp.
//
// As in the other checks of this package the length is checked before anything
// else, and the claims after the signature.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	parts, ok := v.config.split(token)
	if !ok {
		return nil, because("it is not a JWT")
	}
	header, ok := headerOf(parts.header)
	switch {
	case !ok:
		return nil, because("its header is malformed")
	case !slices.Contains(v.types, shortType(header.kind)):
		return nil, because("it is of another type (typ)")
	case !slices.Contains(v.algorithms, header.algorithm):
		return nil, because("its algorithm is not one of the configured")
	}
	signature, err := segments.DecodeString(parts.signature)
	if err != nil {
		return nil, because("its signature is wrong")
	}
	if err := v.checkSignature(ctx, header, parts.input, signature); err != nil {
		return nil, err
	}
	return v.read(parts)
}

// maxTries is the number of keys that a signature is checked with: the known
// one, one that has replaced it, and one more with the same id.
const maxTries = 3

func (v *Verifier) checkSignature(ctx context.Context, header header, input string, signature []byte) error {
	var refused []Key
	for len(refused) < maxTries {
		key, ok, err := v.keys(ctx, header.algorithm, header.keyID, refused)
		switch {
		case err != nil:
			return err
		case !ok && len(refused) == 0:
			return because("the issuer has no such key")
		case !ok:
			return because("its signature is wrong")
		case key.Algorithm() != header.algorithm:
			return because("its algorithm is not the one of its key")
		case slices.ContainsFunc(refused, key.Equal): // the source knows no other
			return because("its signature is wrong")
		case key.verifies(input, signature):
			return nil
		}
		refused = append(refused, key)
	}
	return because("its signature is wrong")
}

// read checks the claims of a token whose signature is valid.
func (v *Verifier) read(parts parts) (*Token, error) {
	text, list, ok := parts.claims()
	if !ok {
		return nil, because("its claims are not a JSON object")
	}
	_, ends := list.get(claimExpiry)
	switch {
	case !v.config.issuerValid(list):
		return nil, because("it is of another issuer (iss)")
	case !v.config.audienceValid(list):
		return nil, because("it is for another audience (aud)")
	case !ends:
		return nil, because("it never expires (exp)")
	case !v.config.begun(list), v.config.over(list), !dated(list):
		return nil, because("it has expired or is not valid yet (exp, nbf, iat)")
	}
	return newToken(text, list, v.config.UserIDClaim), nil
}

// because returns the refusal for every token that is not accepted. The client
// does not learn the reason.
func because(reason string) error {
	refused := ginauth.AuthenticationFailed().WithCode(notValid)
	refused = refused.WithDetail(detail{string(invalidOrExpired), notValid, nil})
	return refused.Because(errors.New("the token is refused: " + reason))
}
