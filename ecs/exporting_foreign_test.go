// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/exporttest"
	"github.com/slipway-go/slipway/vpc"
)

// overriddenWeb has what no builder offers.
func overriddenWeb() ecs.FargateService {
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c).
		WithTaskRole(iam.NewRole("web").WithTrust(
			iam.AccountPrincipal{Account: "210987654321", ExternalID: "x"}, iam.ServicePrincipal{Service: "lambda.amazonaws.com"},
		).WithStatement(iam.Statement{
			SID: "Own", Effect: iam.Deny, Actions: []string{"s3:*"}, Resources: []string{"*"},
			Conditions: iam.Conditions{"StringNotEquals": {"aws:ResourceAccount": {"123456789012"}}},
		})).
		WithOverride(func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration.Options["max-buffer-size"] = "25000k"
			in.ContainerDefinitions[0].VersionConsistency = ecstypes.VersionConsistencyDisabled
		})
	cluster := ecs.NewCluster("shop").WithInsights(ecs.InsightsEnhanced)
	return ecs.NewFargateService("web", cluster, task, vpc.Default()).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), c, http).
		WithOverride(func(in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: []string{"errors"}, Enable: true, Rollback: false}
		})
}

// nobodys is the cloud of web, whose service no stack owns any more: only what is
// around it is somebody's.
func nobodys(t *testing.T) *fakes.Cloud {
	t.Helper()
	service := web(app("nginx:1"))
	cloud := exportedCloud(t, service)
	client, keys := awsecs.NewFromConfig(cloud.Config()), []string{slipway.TagStack, slipway.TagResource}
	out, err := client.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"web"}})
	require.NoError(t, err)
	for _, arn := range []*string{out.Services[0].ServiceArn, out.Services[0].TaskDefinition} {
		_, err := client.UntagResource(t.Context(), &awsecs.UntagResourceInput{ResourceArn: arn, TagKeys: keys})
		require.NoError(t, err)
	}
	scaling := awsaas.NewFromConfig(cloud.Config())
	targets, err := scaling.DescribeScalableTargets(t.Context(), &awsaas.DescribeScalableTargetsInput{ServiceNamespace: "ecs"})
	require.NoError(t, err)
	_, err = scaling.UntagResource(t.Context(), &awsaas.UntagResourceInput{ResourceARN: targets.ScalableTargets[0].ScalableTargetARN, TagKeys: keys})
	require.NoError(t, err)
	return cloud
}

// TestExportOfWhatIsNobodys refers to all around the service, and adopts it as it is.
func TestExportOfWhatIsNobodys(t *testing.T) {
	t.Parallel()
	cloud := nobodys(t)
	source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"), ecs.ExportStack("mine"))
	require.NoError(t, err, "%s", source)
	for _, want := range []string{
		`ecs.ClusterNamed("shop")`, `iam.RoleARN("arn:aws:iam::123456789012:role/slipway/shop/web-execution-us-east-1")`,
		`ecs.LogGroupNamed("/ecs/web")`, `vpc.GroupID("sg-`, `WithOverride(func(in *awsecs.CreateServiceInput) {`,
		`in.LoadBalancers = []ecstypes.LoadBalancer{`, `slipway.NewStack("mine",`, `{Kind: "ecs:Service", Name: "shop/web"}`,
	} {
		require.Contains(t, string(source), want)
	}
	overridden := exportedCloud(t, overriddenWeb())
	own, err := ecs.Export(t.Context(), overridden.Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", own)
	for _, want := range []string{
		"in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{", "in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{",
		`WithTrust(iam.ServicePrincipal{Service: "lambda.amazonaws.com"})`, `iam.AccountPrincipal{Account: "210987654321", ExternalID: "x"}`, "Effect:", "iam.Deny", "WithoutVersionConsistency()",
	} {
		require.Contains(t, string(own), want)
	}
	exporttest.PlansEmpty(t, "ecs_test",
		exporttest.Case{Name: "Nobodys", Source: source, Cloud: "nobodys(t)", Adopts: true},
		exporttest.Case{Name: "Overridden", Source: own, Cloud: "exportedCloud(t, overriddenWeb())"})
}
