// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

const (
	hereHost  = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
	thereHost = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	otherHost = "210987654321.dkr.ecr.us-east-1.amazonaws.com"
)

// asked counts the tokens by region.
func asked(cloud *fakes.Cloud) map[string]int {
	n := map[string]int{}
	for _, call := range cloud.Calls() {
		if call.Operation == "GetAuthorizationToken" {
			n[call.Region]++
		}
	}
	return n
}

// Many clients share a keychain; run with -race.
func TestKeychain(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	keychain := ecr.NewKeychain(cloud.Config())
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, host := range []string{hereHost, thereHost, otherHost} {
				auth, err := authn.Resolve(t.Context(), keychain, registry(host))
				if err == nil {
					_, err = auth.Authorization()
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	require.Equal(t, map[string]int{"us-east-1": 2, "eu-west-1": 1}, asked(cloud), "once for each account and region")
}

// Only ECR's registries see a token.
func TestKeychainKnowsHosts(t *testing.T) {
	t.Parallel()
	const region = "eu-west-1"
	for _, test := range []struct {
		host string
		ecr  bool
	}{
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.com", true},
		{"123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com", true},
		{"123456789012.dkr-ecr.eu-west-1.on.aws", true},
		{"123456789012.dkr-ecr-fips.eu-west-1.on.aws", true},
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn", true},
		{"123456789012.dkr-ecr.eu-west-1.on.amazonwebservices.com.cn", true},
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.eu", true},
		{"123456789012.dkr.ecr.eu-west-1.c2s.ic.gov", true},
		{"123456789012.dkr.ecr.eu-west-1.sc2s.sgov.gov", true},
		{"123456789012.dkr.ecr.eu-west-1.cloud.adc-e.uk", true},
		{"123456789012.dkr.ecr.eu-west-1.csp.hci.ic.gov", true},
		{"ghcr.io", false},
		{"public.ecr.aws", false},
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com", false},
		{"example.com.123456789012.dkr.ecr.eu-west-1.amazonaws.com", false},
		{"123456789012.dkr.ecr.eu-west-1.amazonaws.org", false},
		{"12345.dkr.ecr.eu-west-1.amazonaws.com", false},
	} {
		cloud := fakes.New(fakes.Options{})
		auth, err := ecr.NewKeychain(cloud.Config()).Resolve(registry(test.host))
		require.NoError(t, err, test.host)
		require.Equal(t, test.ecr, auth != authn.Anonymous, test.host)
		require.Equal(t, test.ecr, asked(cloud)[region] == 1, test.host)
	}
}

func TestKeychainRenews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		auth, err := ecr.NewKeychain(cloud.Config()).Resolve(registry(hereHost))
		require.NoError(t, err)
		for _, test := range []struct {
			after time.Duration
			times int
		}{{11 * time.Hour, 1}, {11*time.Hour + 49*time.Minute, 1}, {11*time.Hour + 51*time.Minute, 2}, {23 * time.Hour, 2}, {24 * time.Hour, 3}} {
			time.Sleep(test.after - time.Since(begin()))
			first, err := auth.Authorization()
			require.NoError(t, err)
			require.Equal(t, "AWS", first.Username)
			require.Equal(t, map[string]int{"us-east-1": test.times}, asked(cloud), "after %s", test.after)
		}
	})
}

// begin is when a bubble begins.
func begin() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// A push that lasts longer than its token goes on with a new one.
func TestPushOutlastsItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		next := cloud.Config().HTTPClient
		cfg := faulty(cloud.Config(), func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPatch {
				return nil, nil
			}
			response, err := next.Do(r)
			time.Sleep(13 * time.Hour)
			return response, err
		})
		img := synthetic(t, 1, 1<<20)
		pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img), ecr.Chunk(256<<10))
		require.NoError(t, err)
		require.Equal(t, digest(t, img), pushed.Digest())
		require.Greater(t, asked(cloud)["us-east-1"], 3)
	})
}

const ecsTrust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// Tokens belong to who asked for them.
func TestKeychainAsksForOtherCredentials(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	roles := awsiam.NewFromConfig(cloud.Config())
	_, err := roles.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(ecsTrust)})
	require.NoError(t, err)
	_, err = roles.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("ci"), PolicyName: aws.String("p"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}}`),
	})
	require.NoError(t, err)
	current := cloud.Config().Credentials
	cfg := cloud.Config()
	cfg.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) { return current.Retrieve(ctx) })
	auth, err := ecr.NewKeychain(cfg).Resolve(registry(hereHost))
	require.NoError(t, err)
	password := func() string {
		t.Helper()
		c, err := auth.Authorization()
		require.NoError(t, err)
		return c.Password
	}
	owner := password()
	current = cloud.ConfigAs("ci").Credentials
	require.NotEqual(t, owner, password(), "another principal, another token")
	current = cloud.Config().Credentials
	require.Equal(t, owner, password())
	require.Equal(t, map[string]int{"us-east-1": 2}, asked(cloud))

	current = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no credentials")
	})
	_, err = auth.Authorization()
	require.ErrorContains(t, err, "no credentials")
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	keychain := ecr.NewKeychain(cloud.Config())
	push := func() error {
		_, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(image(t, "linux", "amd64")), ecr.UseKeychain(keychain))
		return err
	}
	require.NoError(t, push())
	cloud.Advance(12 * time.Hour)
	err := push()
	require.ErrorIs(t, err, slipway.ErrDenied, "the clocks differ")
	require.ErrorContains(t, err, "Your authorization token has expired")
}
