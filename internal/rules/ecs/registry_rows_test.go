// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	modelsd "github.com/slipway-go/slipway/internal/model/servicediscovery"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

const discovery = "arn:aws:servicediscovery:us-east-1:123456789012:"

// addRegistries adds services of Cloud Map, by the types of their records.
func addRegistries(w things) {
	for name, records := range map[string][]sdtypes.RecordType{
		"a": {sdtypes.RecordTypeA}, "srv": {sdtypes.RecordTypeSrv}, "both": {sdtypes.RecordTypeA, sdtypes.RecordTypeSrv}, "api": nil,
	} {
		s := &modelsd.Service{}
		for _, r := range records {
			if s.Create.DnsConfig == nil {
				s.Create = awssd.CreateServiceInput{DnsConfig: &sdtypes.DnsConfig{}}
			}
			s.Create.DnsConfig.DnsRecords = append(s.Create.DnsConfig.DnsRecords, sdtypes.DnsRecord{Type: r, TTL: aws.Int64(10)})
		}
		w[slipway.ID{Kind: modelsd.KindService, Name: discovery + "service/" + name}] = s
	}
}

// registered registers the tasks in the service of that name, with what change gives.
func registered(name string, change func(*ecstypes.ServiceRegistry)) func(*service) {
	return func(in *service) {
		one := ecstypes.ServiceRegistry{RegistryArn: aws.String(discovery + "service/" + name)}
		if change != nil {
			change(&one)
		}
		in.ServiceRegistries = []ecstypes.ServiceRegistry{one}
	}
}

func container80(r *ecstypes.ServiceRegistry) {
	r.ContainerName, r.ContainerPort = aws.String("app"), aws.Int32(80)
}

func port80(r *ecstypes.ServiceRegistry) { r.Port = aws.Int32(80) }

func registryRows() []serviceRow {
	two := func(in *service) { in.ServiceRegistries = make([]ecstypes.ServiceRegistry, 2) }
	one := func(in *service) { in.ServiceRegistries = make([]ecstypes.ServiceRegistry, 1) }
	of := func(arn string) func(*service) {
		return registered("", func(r *ecstypes.ServiceRegistry) { r.RegistryArn = &arn })
	}
	named := func(container string, port *int32) func(*service) {
		return registered("srv", func(r *ecstypes.ServiceRegistry) { r.ContainerName, r.ContainerPort = &container, port })
	}
	classic := func(in *service) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{LoadBalancerName: aws.String("old"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	}
	const first = "ServiceRegistries[0]"
	return []serviceRow{
		{"ecs-registry", "two", two, one, "ServiceRegistries", invalid, ""},
		{"ecs-registry", "no port on a bridge", all(onInstances, registered("srv", nil)), all(onInstances, registered("srv", container80)), first, invalid, "'containerName'"},
		{"ecs-registry-arn", "a namespace", of(discovery + "namespace/ns-1"), registered("a", nil), first + ".RegistryArn", invalid, "The format of the supplied service registry ARN is invalid: " + discovery + "namespace/ns-1."},
		{"ecs-registry-arn", "an id", of("srv-1"), of("${slipway:cloudmap:Service/shop/web#arn}"), first + ".RegistryArn", invalid, "format"},
		{"ecs-registry-ports", "both", registered("srv", func(r *ecstypes.ServiceRegistry) { container80(r); port80(r) }), registered("srv", port80), first + ".Port", invalid, "but not both"},
		{"ecs-registry-classic", "both", all(onInstances, classic, registered("srv", container80)), all(onInstances, classic), first, invalid, ""},
		{"ecs-registry-network", "none", all(onInstances, runs("none"), registered("srv", container80)), all(onInstances, registered("srv", container80)), first, invalid, ""},
		{"ecs-registry-container", "a stranger", named("x", aws.Int32(80)), named("app", aws.Int32(80)), first + ".ContainerName", invalid, ""},
		{"ecs-registry-container", "another port", named("app", aws.Int32(81)), nil, first + ".ContainerPort", invalid, ""},
		{"ecs-registry-container", "no port", named("app", nil), nil, first + ".ContainerPort", invalid, ""},
		{"ecs-registry-exists", "unknown", registered("x", nil), registered("a", nil), first + ".RegistryArn", invalid, ""},
		{"ecs-registry-address", "A on a bridge", all(onInstances, registered("a", container80)), all(onInstances, registered("srv", container80)), first + ".RegistryArn", invalid, ""},
		{"ecs-registry-address", "A beside SRV on a bridge", all(onInstances, registered("both", container80)), registered("both", container80), first + ".RegistryArn", invalid, ""},
		{"ecs-registry-port-needless", "a container", registered("a", container80), registered("a", nil), first + ".ContainerPort", invalid, "do not require a value for 'containerPort'. Remove the value and retry."},
		{"ecs-registry-port-needless", "a name", registered("a", func(r *ecstypes.ServiceRegistry) { r.ContainerName = aws.String("app") }), registered("both", container80), first + ".ContainerName", invalid, "'containerName'"},
		{"ecs-registry-port-needless", "a port", registered("a", port80), registered("api", port80), first + ".Port", invalid, "'port'"},
		{"ecs-registry-port-missing", "none", registered("srv", nil), registered("srv", container80), first, invalid, ""},
		{"ecs-registry-port-missing", "none beside A", registered("both", nil), registered("both", port80), first, invalid, ""},
		{"ecs-registry-port-missing", "an A record", registered("srv", nil), registered("a", nil), first, invalid, ""},
	}
}

// TestUpdatesOfRegistriesAreLookedAt: what is asked of a new service is asked of a change.
func TestUpdatesOfRegistriesAreLookedAt(t *testing.T) {
	t.Parallel()
	change := func(name string, port *int32) *awsecs.UpdateServiceInput {
		return &awsecs.UpdateServiceInput{Service: aws.String("web"), ServiceRegistries: []ecstypes.ServiceRegistry{
			{RegistryArn: aws.String(discovery + "service/" + name), Port: port},
		}}
	}
	require.NotEmpty(t, broken(ecsrules.UpdateService, world(), change("a", aws.Int32(80)), "ecs-registry-port-needless"))
	require.NotEmpty(t, broken(ecsrules.UpdateService, world(), change("srv", nil), "ecs-registry-port-missing"))
	require.Empty(t, broken(ecsrules.UpdateService, world(), change("srv", aws.Int32(80)), "ecs-registry-port-missing"))
	require.Empty(t, broken(ecsrules.UpdateService, nil, change("a", aws.Int32(80)), "ecs-registry-port-needless"), "nobody knows the records")
}
