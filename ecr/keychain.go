// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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

var registryHost = regexp.MustCompile(`^\d{12}\.dkr(?:\.|-)ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$`)

// Keychain authenticates go-containerregistry's clients, and crane, to private ECR
// registries of any account and region. Other hosts are anonymous. It is safe for
// concurrent use, and asks for a registry's token once until shortly before it
// ends.
type Keychain struct {
	cfg    aws.Config
	mu     sync.Mutex
	tokens map[string]*tokenSource
}

var (
	_ authn.Keychain        = (*Keychain)(nil)
	_ authn.ContextKeychain = (*Keychain)(nil)
)

// NewKeychain returns a keychain that asks for tokens with cfg's credentials.
func NewKeychain(cfg aws.Config) *Keychain {
	return &Keychain{cfg: cfg, tokens: map[string]*tokenSource{}}
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
	return k.source(host, m[1]).get(ctx)
}

// source returns what has the token of a registry.
func (k *Keychain) source(host, region string) *tokenSource {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.tokens[host]
	if !ok {
		cfg := k.cfg.Copy()
		cfg.Region = region
		s = &tokenSource{client: awsecr.NewFromConfig(cfg), gate: make(chan struct{}, 1)}
		k.tokens[host] = s
	}
	return s
}

// tokenSource has the token of one registry. The gate lets one caller ask at a
// time; the others can give up.
type tokenSource struct {
	client  *awsecr.Client
	gate    chan struct{}
	auth    authn.Authenticator
	expires time.Time
}

func (s *tokenSource) get(ctx context.Context) (authn.Authenticator, error) {
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
func decode(token string) (authn.Authenticator, error) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("registry token: %w", err)
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return nil, errors.New("registry token: no user and password")
	}
	return &authn.Basic{Username: user, Password: password}, nil
}
