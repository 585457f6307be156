// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-go/slipway/internal/awserr"
)

// early is how long before its end a token is replaced. Tokens last 12 hours.
const early = 10 * time.Minute

// registryHost has the domains of all partitions, and those that IPv6 reaches, too.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
var registryHost = regexp.MustCompile(`^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:` +
	`amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|` +
	`on\.aws|on\.amazonwebservices\.com\.cn)$`)

// Keychain authenticates go-containerregistry's clients, and crane, to private ECR
// registries of any account and region. Other hosts are anonymous. It is safe for
// concurrent use, and asks for a token once until shortly before it ends: once for
// each registry, region and credentials. What it returns stays good: a client that
// works longer than a token lasts gets a new one.
type Keychain struct {
	cfg    aws.Config
	mu     sync.Mutex
	tokens map[tokenKey]*tokenSource
}

// tokenKey is what a token is for: a registry, by its host, and who asks.
type tokenKey struct{ host, accessKey string }

var (
	_ authn.Keychain        = (*Keychain)(nil)
	_ authn.ContextKeychain = (*Keychain)(nil)
)

// NewKeychain returns a keychain that asks for tokens with cfg's credentials.
func NewKeychain(cfg aws.Config) *Keychain {
	return &Keychain{cfg: cfg}
}

// Resolve is [Keychain.ResolveContext] without a context, for clients that have none.
func (k *Keychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	return k.ResolveContext(context.Background(), r)
}

// ResolveContext returns the credentials for the resource's registry.
func (k *Keychain) ResolveContext(ctx context.Context, r authn.Resource) (authn.Authenticator, error) {
	host := r.RegistryStr()
	m := registryHost.FindStringSubmatch(host)
	if m == nil {
		return authn.Anonymous, nil
	}
	a := registryAuth{keychain: k, host: host, region: m[1]}
	_, err := a.AuthorizationContext(ctx)
	return a, err
}

// registryAuth has the token of one registry, the one that is good now.
type registryAuth struct {
	keychain     *Keychain
	host, region string
}

// Authorization is AuthorizationContext without a context.
func (a registryAuth) Authorization() (*authn.AuthConfig, error) {
	return a.AuthorizationContext(context.Background())
}

// AuthorizationContext returns user and password.
func (a registryAuth) AuthorizationContext(ctx context.Context) (*authn.AuthConfig, error) {
	s, err := a.keychain.source(ctx, a.host, a.region)
	if err != nil {
		return nil, err
	}
	return s.get(ctx)
}

// source returns what has the token of a registry for the credentials of now. What
// others have asked for and nobody can use any more is dropped.
func (k *Keychain) source(ctx context.Context, host, region string) (*tokenSource, error) {
	key := tokenKey{host: host}
	if k.cfg.Credentials != nil {
		credentials, err := k.cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask for the registry's token: %w", err)
		}
		key.accessKey = credentials.AccessKeyID
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.tokens[key]
	if !ok {
		if k.tokens == nil {
			k.tokens = map[tokenKey]*tokenSource{}
		}
		maps.DeleteFunc(k.tokens, func(_ tokenKey, s *tokenSource) bool { return s.ended() })
		cfg := k.cfg.Copy()
		cfg.Region = region
		s = &tokenSource{client: awsecr.NewFromConfig(cfg), gate: make(chan struct{}, 1)}
		k.tokens[key] = s
	}
	return s, nil
}

// tokenSource has the token of one registry. The gate lets one caller ask at a
// time; the others can give up.
type tokenSource struct {
	client  *awsecr.Client
	gate    chan struct{}
	auth    *authn.AuthConfig
	expires time.Time
}

// ended reports whether there was a token that is over. One that is being asked for
// is not.
func (s *tokenSource) ended() bool {
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
		return s.auth != nil && time.Until(s.expires) <= 0
	default:
		return false
	}
}

func (s *tokenSource) get(ctx context.Context) (*authn.AuthConfig, error) {
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if s.auth != nil && time.Until(s.expires) > early {
		return s.auth, nil
	}
	out, err := s.client.GetAuthorizationToken(ctx, &awsecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, awserr.Wrap(err, "ask for the registry's token")
	}
	if len(out.AuthorizationData) == 0 {
		return nil, errors.New("ask for the registry's token: the answer holds none")
	}
	data := out.AuthorizationData[0]
	if s.auth, err = decode(aws.ToString(data.AuthorizationToken)); err != nil {
		return nil, err
	}
	s.expires = aws.ToTime(data.ExpiresAt)
	return s.auth, nil
}

// decode reads a token: the base64 of "AWS:<password>".
func decode(token string) (*authn.AuthConfig, error) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("registry token: %w", err)
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return nil, errors.New("registry token: no user and password")
	}
	return &authn.AuthConfig{Username: user, Password: password}, nil
}
