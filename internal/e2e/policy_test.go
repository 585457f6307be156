// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// deploy applies a stack as a role that may do what the plan says its caller must, and no
// more, and has the plan after it be empty.
func deploy(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack) {
	t.Helper()
	p, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.False(t, p.Empty())
	policy := p.Policy()
	_, err = awsiam.NewFromConfig(cloud.Config()).PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("least"), PolicyDocument: &policy,
	})
	require.NoError(t, err)
	_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
	require.NoError(t, err)
	p, err = stack.Plan(t.Context(), cloud.ConfigAs("deployer"))
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
}

// employ makes the role of [deploy].
func employ(t *testing.T, cloud *fakes.Cloud) {
	t.Helper()
	_, err := awsiam.NewFromConfig(cloud.Config()).CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 aws.String("deployer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
}

// hosts is a cluster of instances of a group behind a capacity provider, with a service on
// them.
func hosts(change func(autoscaling.Group) autoscaling.Group, count int) slipway.Stack {
	network := vpc.Default()
	cluster := ecs.NewCluster("shop")
	template := ecs.NewInstanceTemplate("hosts", cluster, ecs.AL2023, network).WithInstanceType("m5.large")
	group := change(autoscaling.NewGroup("hosts", template.LaunchTemplate(), network).WithSize(1, 4).WithScaleInProtection())
	provider := ecs.NewGroupProvider("hosts", group).WithTerminationProtection()
	cluster = cluster.WithCapacityProvider(provider)
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(http).WithMemoryLimit(256 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(app))
	web := ecs.NewEC2Service("web", cluster, task, network).WithCount(count).
		WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1}).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app, http)
	return slipway.NewStack("shop", web)
}

// shiftedBy is a Fargate service that is brought out by blue/green, canary or linear
// deployments behind the route.
func shiftedBy(route elb.ServiceRoute, how ecs.Deployment, image string) slipway.Stack {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:"+image)).WithPort(http)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithRoute(route, app, http).WithDeployment(how)
	return slipway.NewStack("shop", web)
}

// TestTheLeastPolicyIsEnoughForEachKind makes, changes and prunes each stack as a role that
// may do just what the plan of that step says.
func TestTheLeastPolicyIsEnoughForEachKind(t *testing.T) {
	t.Parallel()
	same := func(g autoscaling.Group) autoscaling.Group { return g }
	changed := func(g autoscaling.Group) autoscaling.Group {
		return g.WithMetrics(autoscaling.GroupTotalInstances).WithCooldown(time.Minute).WithTag("team", "shop")
	}
	network := vpc.Default()
	application := elb.NewApplication("shop", network).Route("/*")
	tcp := elb.NewNetwork("shop", network).TCP(80)
	express := ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/shop/web:1"))
	classic := elb.NewClassic("shop", network, elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 8080})
	daemon := func(memory ecs.Memory) slipway.Stack {
		c := ecs.NewContainer("agent", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithMemoryLimit(memory)
		task := ecs.NewEC2TaskDefinition("agent").WithContainer(ecs.OnEC2(c))
		return slipway.NewStack("shop", ecs.NewEC2DaemonService("agent", ecs.NewCluster("shop"), task, network))
	}
	managed := func(count int) slipway.Stack {
		cluster := ecs.NewCluster("shop")
		nodes := ecs.NewManagedInstances("nodes", cluster, network)
		task := ecs.NewManagedTaskDefinition("web").WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithMemoryLimit(256 * ecs.MiB))
		return slipway.NewStack("shop", ecs.NewManagedService("web", cluster, nodes, task, network).WithCount(count))
	}
	for name, stages := range map[string][]slipway.Stack{
		"instances":  {hosts(same, 1), hosts(changed, 2)},
		"blue/green": {shiftedBy(application, ecs.BlueGreen{}, "1"), shiftedBy(application, ecs.BlueGreen{Bake: time.Minute}, "2")},
		"canary": {
			shiftedBy(application, ecs.Canary{Percent: 10}, "1"), shiftedBy(application, ecs.Linear{StepPercent: 50, StepBake: time.Minute}, "2"),
		},
		"network": {shiftedBy(tcp, ecs.Rolling{}, "1"), shiftedBy(tcp, ecs.BlueGreen{}, "1"), shiftedBy(tcp, ecs.BlueGreen{}, "2")},
		"managed": {managed(1), managed(2)},
		"express": {slipway.NewStack("shop", express), slipway.NewStack("shop", express.WithHealthCheckPath("/health").WithTag("a", "b"))},
		"daemon":  {daemon(256 * ecs.MiB), daemon(512 * ecs.MiB)},
		"classic": {slipway.NewStack("shop", classic), slipway.NewStack("shop", classic.WithTag("a", "b"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := account(t, fakes.Options{})
				employ(t, cloud)
				for _, stack := range append(slices.Clone(stages), slipway.NewStack("shop").WithKinds(everyKind()...)) {
					deploy(t, cloud, stack)
				}
			})
		})
	}
}

// TestTheLeastPolicyAmongOthers: clusters of other stacks have providers that are looked at,
// too.
func TestTheLeastPolicyAmongOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{})
		employ(t, cloud)
		other := ecs.NewCluster("other")
		_, err := slipway.NewStack("other", other, ecs.NewManagedInstances("nodes", other, vpc.Default())).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		deploy(t, cloud, slipway.NewStack("shop", ecs.NewCluster("shop")))
		deploy(t, cloud, slipway.NewStack("shop").WithKinds(everyKind()...))
	})
}
