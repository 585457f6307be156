// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// herd is a cluster with instances of its own, from none to four, and what runs on them;
// each part may be changed before they are put together.
type herd struct {
	nodes    string // the group
	least    int
	base     int
	loose    bool // the service that is alone has no capacity provider
	provider func(ecs.GroupProvider) ecs.GroupProvider
	web, api func(ecs.EC2Service) ecs.EC2Service
	agent    func(ecs.EC2DaemonService) ecs.EC2DaemonService
	task     func(ecs.EC2TaskDefinition) ecs.EC2TaskDefinition
}

func plainHerd() herd {
	same := func(s ecs.EC2Service) ecs.EC2Service { return s }
	return herd{
		nodes: "nodes", provider: func(p ecs.GroupProvider) ecs.GroupProvider { return p }, web: same, api: same,
		agent: func(s ecs.EC2DaemonService) ecs.EC2DaemonService { return s },
		task:  func(d ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return d },
	}
}

// group is the group of instances behind the capacity provider.
func (h herd) group() autoscaling.Group {
	template := ecs.NewInstanceTemplate(h.nodes, ecs.NewCluster("shop"), ecs.AL2023, vpc.Default()).
		WithInstanceType("m5.large").WithAttribute("disk", "fast")
	return autoscaling.NewGroup(h.nodes, template.LaunchTemplate(), vpc.Default()).
		WithSize(h.least, 4).WithExternalScaling().WithScaleInProtection()
}

func (h herd) capacity() ecs.InstanceCapacity {
	p := h.provider(ecs.NewGroupProvider("nodes", h.group()).WithTerminationProtection())
	return ecs.InstanceCapacity{Provider: p, Base: h.base, Weight: 1}
}

func (h herd) cluster() ecs.Cluster {
	return ecs.NewCluster("shop").WithCapacityProvider(h.capacity().Provider)
}

// service runs three tasks behind a path of the balancer.
func (h herd) service(name string, mode ecs.NetworkMode) ecs.EC2Service {
	port := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(port).WithCPU(ecs.VCPU / 4).WithMemoryLimit(512 * ecs.MiB)
	task := h.task(ecs.NewEC2TaskDefinition(name).WithNetworkMode(mode).WithContainer(app))
	route := elb.NewApplication("shop", vpc.Default()).Route("/" + name)
	return ecs.NewEC2Service(name, h.cluster(), task, vpc.Default()).WithCount(3).WithCapacity(h.capacity()).WithRoute(route, app, port)
}

func (h herd) daemon() ecs.EC2DaemonService {
	app := ecs.NewContainer("agent", ecs.ImageRef("public.ecr.aws/shop/agent:1")).WithMemoryReservation(64 * ecs.MiB)
	return h.agent(ecs.NewEC2DaemonService("agent", h.cluster(), ecs.NewEC2TaskDefinition("agent").WithNetworkMode(ecs.Host).WithContainer(app), vpc.Default()))
}

// report ends by itself.
func (h herd) report() ecs.EC2Job {
	app := ecs.NewContainer("report", ecs.ImageRef("public.ecr.aws/shop/report:1")).WithMemoryLimit(512 * ecs.MiB)
	return ecs.NewEC2Job("report", h.cluster(), ecs.NewEC2TaskDefinition("report").WithContainer(app), vpc.Default()).WithCapacity(h.capacity())
}

func (h herd) services() []ecs.EC2Service {
	return []ecs.EC2Service{h.web(h.service("web", ecs.Bridge)), h.api(h.service("api", ecs.AWSVPC))}
}

func (h herd) stack() slipway.Stack {
	both := h.services()
	return slipway.NewStack("shop", both[0], both[1], h.daemon(), h.report())
}

// pasture is a cloud for a herd.
func pasture(opts fakes.Options) *fakes.Cloud {
	cloud := fakes.New(opts)
	cloud.Image("public.ecr.aws/shop/report:1", fakes.Program{Exit: &fakes.Exit{After: time.Second}})
	return cloud
}

func clusterOf(t *testing.T, cloud *fakes.Cloud) ecstypes.Cluster {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{Clusters: []string{"shop"}})
	require.NoError(t, err)
	require.Len(t, out.Clusters, 1)
	return out.Clusters[0]
}

// leftOf is what there is besides what was before; metrics and AWS's own roles stay.
func leftOf(cloud *fakes.Cloud, before fakes.Snapshot) []string {
	return slices.DeleteFunc(cloud.Snapshot().Since(before), func(name string) bool {
		return strings.HasPrefix(name, "+ cloudwatch us-east-1 metric ") || strings.HasPrefix(name, "+ iam global role AWSServiceRoleFor")
	})
}

// TestAHerdFromNothingToNothing: a stack brings its own instances for services of both
// network modes, a daemon and a job; they work, and nothing is left in the end.
func TestAHerdFromNothingToNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := pasture(fakes.Options{Timing: fakes.Realistic})
		before := cloud.Snapshot()
		h := plainHerd()
		stack := h.stack()
		require.NoError(t, stack.Validate())
		applied(t, cloud, stack)

		cloud.Advance(5 * time.Minute)
		cluster := clusterOf(t, cloud)
		nodes := cluster.RegisteredContainerInstancesCount
		require.Equal(t, int32(2), nodes, "they have room for six tasks, and two interfaces each for those of api")
		require.Equal(t, 6+nodes, cluster.RunningTasksCount, "the daemon has one on each")
		p, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, p.Empty(), "what scaling has changed is no change: %s", p)
		for _, s := range h.services() {
			require.Equal(t, http.StatusOK, answerAt(t, cloud, slipway.Output(p, s).URL))
		}
		done, err := ecs.RunTask(t.Context(), cloud.Config(), slipway.Output(p, h.report()))
		require.NoError(t, err)
		require.Zero(t, *done.Containers[0].ExitCode)

		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
		cloud.Advance(forgotten)
		require.Empty(t, leftOf(cloud, before))
	})
}

// TestTargetsOfAHerd: in bridge mode the balancer sends to ports that the instances gave
// out, with awsvpc to the tasks' own addresses.
func TestTargetsOfAHerd(t *testing.T) {
	t.Parallel()
	cloud := pasture(fakes.Options{})
	applied(t, cloud, plainHerd().stack())
	for name, row := range map[string]struct{ id, port, reason string }{
		"shop-web": {`^i-[0-9a-f]{17}$`, `^(3[2-9]|[45]\d|6[0-5])\d{3}$`, "instances, at dynamic ports"},
		"shop-api": {`^172\.31\.`, `^8080$`, "addresses, at the port of the container"},
	} {
		targets := targetsOf(t, cloud, name)
		require.Len(t, targets, 3, row.reason)
		for _, target := range targets {
			require.Regexp(t, row.id, *target.Target.Id, row.reason)
			require.Regexp(t, row.port, strconv.Itoa(int(*target.Target.Port)), row.reason)
			require.Equal(t, elbtypes.TargetHealthStateEnumHealthy, target.TargetHealth.State, row.reason)
		}
	}
}

// targetsOf are the targets of the group whose name begins so.
func targetsOf(t *testing.T, cloud *fakes.Cloud, name string) []elbtypes.TargetHealthDescription {
	t.Helper()
	client := awselb.NewFromConfig(cloud.Config())
	groups, err := client.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	at := slices.IndexFunc(groups.TargetGroups, func(g elbtypes.TargetGroup) bool { return strings.HasPrefix(*g.TargetGroupName, name) })
	require.GreaterOrEqual(t, at, 0, name)
	out, err := client.DescribeTargetHealth(t.Context(), &awselb.DescribeTargetHealthInput{TargetGroupArn: groups.TargetGroups[at].TargetGroupArn})
	require.NoError(t, err)
	return out.TargetHealthDescriptions
}

// answerAt asks for a page.
func answerAt(t *testing.T, cloud *fakes.Cloud, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	answer, err := cloud.Config().HTTPClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
