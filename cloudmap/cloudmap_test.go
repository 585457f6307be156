// SPDX-License-Identifier: Apache-2.0

package cloudmap_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

func private() cloudmap.PrivateNamespace {
	return cloudmap.NewPrivateNamespace("shop.local", vpc.Default())
}

func web() cloudmap.Service {
	return cloudmap.NewService("web", private()).WithRecord(cloudmap.A, 10*time.Second)
}

func fullHTTP() cloudmap.HTTPNamespace {
	return cloudmap.NewHTTPNamespace("shop").WithDescription("all of the shop").WithTag("team", "shop")
}

func fullPrivate() cloudmap.PrivateNamespace {
	return private().WithDescription("all of the shop").WithNegativeTTL(15*time.Second).WithTag("team", "shop")
}

func fullPublic() cloudmap.PublicNamespace {
	return cloudmap.NewPublicNamespace("shop.example.com").WithDescription("all of the shop").WithNegativeTTL(time.Minute).WithTag("team", "shop")
}

// fullServices are the fullest: without records a service has a type instead.
func fullServices() []cloudmap.Service {
	full := cloudmap.NewService("web", fullPrivate()).WithRecord(cloudmap.A, 10*time.Second).WithRecord(cloudmap.SRV, time.Minute).
		WithRouting(cloudmap.Weighted).WithCustomHealth().WithDescription("pages").WithTag("team", "shop")
	return []cloudmap.Service{full, cloudmap.NewService("api", fullHTTP())}
}

func built[T any](t *testing.T, r slipway.Resource) (*T, slipway.Desired) {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	state, ok := desired.State.(*T)
	require.True(t, ok, "%T", desired.State)
	return state, desired
}

func TestForks(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, fullHTTP(), func(in *awssd.CreateHttpNamespaceInput) { in.Tags = nil })
	buildertest.Fork(t, fullPrivate(), func(in *awssd.CreatePrivateDnsNamespaceInput) { in.Tags = nil })
	buildertest.Fork(t, fullPublic(), func(in *awssd.CreatePublicDnsNamespaceInput) { in.Tags = nil })
	buildertest.Fork(t, web(), cloudmap.AAAA, cloudmap.SRV, cloudmap.Weighted, cloudmap.Multivalue, func(in *awssd.CreateServiceInput) { in.Tags = nil })
}

func TestEveryFieldIsKnown(t *testing.T) {
	t.Parallel()
	http, _ := built[model.Namespace](t, fullHTTP())
	buildertest.Drift(t, *http.HTTP)
	inside, _ := built[model.Namespace](t, fullPrivate())
	buildertest.Drift(t, *inside.Private)
	outside, _ := built[model.Namespace](t, fullPublic())
	buildertest.Drift(t, *outside.Public)
	var services []any
	for _, s := range fullServices() {
		state, _ := built[model.Service](t, s)
		services = append(services, state.Create)
	}
	buildertest.Drift(t, services...)
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{
		"http": fullHTTP(), "private": fullPrivate(), "public": fullPublic(), "plain": private(), "service": fullServices()[0], "api": fullServices()[1],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, err := r.Build()
			require.NoError(t, err)
			got, err := json.MarshalIndent(desired.State, "", "  ")
			require.NoError(t, err)
			file := "testdata/" + name + ".json"
			if *update {
				require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got))
		})
	}
}

// ids are the IDs of what a resource brings.
func ids(t *testing.T, r slipway.Resource) []string {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	all := []string{}
	for _, u := range desired.Uses {
		all = append(all, u.ID().String())
	}
	return all
}

func TestNamesAndWhatIsBrought(t *testing.T) {
	t.Parallel()
	require.Equal(t, "cloudmap:Namespace/shop.local", private().ID().String())
	require.Equal(t, "cloudmap:Service/shop.local/web", web().ID().String())
	require.Equal(t, []string{"vpc:Network/default"}, ids(t, private()))
	require.Equal(t, []string{"cloudmap:Namespace/shop.local"}, ids(t, web()))
	require.Equal(t, "${slipway:cloudmap:Namespace/shop#arn}", fullHTTP().ARN())
	require.Equal(t, "${slipway:cloudmap:Service/shop.local/web#id}", web().ServiceID())

	for name, c := range map[string]struct {
		of     cloudmap.NamespaceRef
		id     string
		brings int
	}{
		"id":     {cloudmap.NamespaceID("ns-1"), "ns-1", 0},
		"arn":    {cloudmap.NamespaceARN("arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1"), "ns-1", 0},
		"name":   {cloudmap.NamespaceNamed("shop"), "${slipway:cloudmap:NamespaceLookup/shop#id}", 1},
		"http":   {fullHTTP(), "${slipway:cloudmap:Namespace/shop#id}", 1},
		"nobody": {nil, "", 0},
	} {
		s := cloudmap.NewService("web", c.of)
		state, _ := built[model.Service](t, s)
		require.Equal(t, c.id, *state.Create.NamespaceId, name)
		require.Len(t, ids(t, s), c.brings, name)
	}
	require.Contains(t, cloudmap.NamespaceID("ns-1").ARN(), ":namespace/ns-1")
	require.Contains(t, cloudmap.ServiceID("srv-1").ARN(), ":service/srv-1")
	require.Equal(t, "srv-1", cloudmap.ServiceARN("arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1").ServiceID())
	named := cloudmap.ServiceNamed(cloudmap.NamespaceNamed("shop"), "web")
	require.Equal(t, []string{"cloudmap:NamespaceLookup/shop"}, ids(t, named))
	require.Equal(t, "${slipway:cloudmap:ServiceLookup/shop/web#arn}", named.ARN())
	for _, zero := range []slipway.Resource{cloudmap.Service{}, cloudmap.ExistingService{}} {
		_, err := zero.Build()
		require.ErrorIs(t, err, slipway.ErrInvalid)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	http := cloudmap.NewHTTPNamespace("shop")
	for _, c := range []struct {
		name string
		of   interface{ Validate() error }
		want string
	}{
		{"http", fullHTTP(), ""},
		{"private", fullPrivate(), ""},
		{"public", fullPublic(), ""},
		{"service", fullServices()[0], ""},
		{"api", fullServices()[1], ""},
		{"a space", cloudmap.NewHTTPNamespace("a b"), `HTTP.Name: got "a b"`},
		{"a long name", cloudmap.NewPrivateNamespace(strings.Repeat("x", 254), vpc.Default()), "Private.Name"},
		{"no domain", cloudmap.NewPublicNamespace("com"), "Public.Name"},
		{"a negative TTL", private().WithNegativeTTL(-time.Second), "Private.Properties.DnsProperties.SOA.TTL"},
		{"another negative TTL", fullPublic().WithNegativeTTL(-time.Second), "Public.Properties.DnsProperties.SOA.TTL"},
		{"a reserved tag", http.WithTag("aws:x", "y"), "HTTP.Tags[aws:x].Key"},
		{"a long description", http.WithDescription(strings.Repeat("x", 1025)), "HTTP.Description"},
		{"two records of a type", web().WithRecord(cloudmap.A, 0), "Create.DnsConfig.DnsRecords[A]"},
		{"a negative record", cloudmap.NewService("web", private()).WithRecord(cloudmap.A, -time.Second), "Create.DnsConfig.DnsRecords[A].TTL"},
		{"a bad name", cloudmap.NewService("-", private()), "Create.Name"},
		{"no namespace", cloudmap.NewService("web", nil), "Create.NamespaceId"},
		{"CNAME", web().WithOverride(func(in *awssd.CreateServiceInput) { in.DnsConfig.DnsRecords[0].Type = sdtypes.RecordTypeCname }), "Create.DnsConfig.RoutingPolicy"},
		{"the zero service", cloudmap.Service{}, "one of NewService"},
		{"routing to no records", cloudmap.NewService("web", private()).WithRouting(cloudmap.Weighted), "WithRouting(WEIGHTED) without records"},
		{"records of an HTTP namespace", slipway.NewStack("shop", cloudmap.NewService("web", http).WithRecord(cloudmap.A, 0)), "DNS records in an HTTP namespace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.of.Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   any
		want string
	}{
		"http":     {&awssd.CreateHttpNamespaceInput{}, "Name"},
		"private":  {&awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("x")}, "Vpc"},
		"public":   {&awssd.CreatePublicDnsNamespaceInput{}, "Name"},
		"service":  {&awssd.CreateServiceInput{Name: aws.String("x")}, "NamespaceId"},
		"update":   {&awssd.UpdateServiceInput{Service: &sdtypes.ServiceChange{Description: aws.String(strings.Repeat("x", 1025))}}, "Service.Description"},
		"instance": {&awssd.RegisterInstanceInput{InstanceId: aws.String("a"), Attributes: map[string]string{"AWS_INSTANCE_PORT": "x"}}, "AWS_INSTANCE_PORT"},
		"unknown":  {&awssd.DeleteServiceInput{}, "no rules for a *servicediscovery.DeleteServiceInput"},
	} {
		err := cloudmap.Check(c.in)
		require.ErrorIs(t, err, slipway.ErrInvalid, name)
		require.ErrorContains(t, err, c.want, name)
	}
}
