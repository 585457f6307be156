// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// registryWithPort gives a port to a registry that has records of type A only: a stack that
// declares it says so before anything is sent, and so does ECS.
func registryWithPort(t *testing.T, c Case) {
	t.Helper()
	http := ecs.TCP("http", 80)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx")).WithPort(http)
	registry := cloudmap.NewService("web", cloudmap.NewPrivateNamespace("shop.local", vpc.Default())).WithRecord(cloudmap.A, time.Minute)
	web := ecs.NewFargateService("web", ecs.NewCluster("main"), ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app), vpc.Default())
	err := slipway.NewStack("shop", web.WithPortRegistry(registry, app, http)).Validate()
	var field slipway.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, c.Code, field.Code)
	require.Equal(t, c.Message, field.Text)

	s := newStage(t, fakes.Timing{})
	s.define(nil)
	id, _, _ := s.network(ecstypes.AssignPublicIpEnabled)
	client := awssd.NewFromConfig(s.cloud.Config())
	_, err = client.CreatePrivateDnsNamespace(t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("shop.local"), Vpc: id})
	require.NoError(t, err)
	list, err := client.ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	made, err := client.CreateService(t.Context(), &awssd.CreateServiceInput{
		Name: aws.String("web"), NamespaceId: list.Namespaces[0].Id,
		DnsConfig: &sdtypes.DnsConfig{DnsRecords: []sdtypes.DnsRecord{{Type: sdtypes.RecordTypeA, TTL: aws.Int64(60)}}},
	})
	require.NoError(t, err)
	answered(t, c, s.service(func(in *awsecs.CreateServiceInput) {
		in.ServiceRegistries = []ecstypes.ServiceRegistry{{RegistryArn: made.Service.Arn, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	}), c.Message)
}
