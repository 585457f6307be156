// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsautoscaling "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// hosts is a cloud with a cluster "main" of instances, one in each of three zones, whose
// security group lets everybody in.
type hosts struct {
	t       *testing.T
	cloud   *fakes.Cloud
	ecs     *awsecs.Client
	subnets []string
	vpc     string
	group   string
}

func newHosts(t *testing.T, instances int32) *hosts {
	t.Helper()
	h := &hosts{t: t, cloud: fakes.New(fakes.Options{Timing: fakes.Timing{Schedule: 5 * time.Second, Drain: true, Probes: true}})}
	config, ctx := h.cloud.Config(), t.Context()
	h.ecs = awsecs.NewFromConfig(config)
	_, err := h.ecs.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("main")})
	require.NoError(t, err)
	capacityGroup(t, h.cloud)
	vms := awsec2.NewFromConfig(config)
	subnets, err := vms.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range subnets.Subnets {
		h.subnets, h.vpc = append(h.subnets, *s.SubnetId), *s.VpcId
	}
	groups, err := vms.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	h.group = *groups.SecurityGroups[0].GroupId
	_, err = vms.AuthorizeSecurityGroupIngress(ctx, &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &h.group, IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(0), ToPort: aws.Int32(65535), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	require.NoError(t, err)
	_, err = awsautoscaling.NewFromConfig(config).SetDesiredCapacity(ctx, &awsautoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: &instances,
	})
	require.NoError(t, err)
	h.cloud.Advance(5 * time.Minute)
	require.Len(t, h.nodes(), int(instances))
	return h
}

func (h *hosts) nodes() []ecstypes.ContainerInstance {
	h.t.Helper()
	list, err := h.ecs.ListContainerInstances(h.t.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("main")})
	require.NoError(h.t, err)
	out, err := h.ecs.DescribeContainerInstances(h.t.Context(), &awsecs.DescribeContainerInstancesInput{
		Cluster: aws.String("main"), ContainerInstances: list.ContainerInstanceArns,
	})
	require.NoError(h.t, err)
	return out.ContainerInstances
}

// run creates the service "web" of a container with port 8080 at a port of the host, 0 for
// any.
func (h *hosts) run(desired, port int32, mode ecstypes.NetworkMode, lb ecstypes.LoadBalancer) {
	h.t.Helper()
	_, err := h.ecs.RegisterTaskDefinition(h.t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: mode, ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1"), Cpu: 256, Memory: aws.Int32(256),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(8080), HostPort: &port}},
		}},
	})
	require.NoError(h.t, err)
	in := &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: &desired,
		LaunchType: ecstypes.LaunchTypeEc2,
	}
	if lb.TargetGroupArn != nil || lb.LoadBalancerName != nil {
		lb.ContainerName, lb.ContainerPort = aws.String("app"), aws.Int32(8080)
		in.LoadBalancers = []ecstypes.LoadBalancer{lb}
	}
	_, err = h.ecs.CreateService(h.t.Context(), in)
	require.NoError(h.t, err)
	h.cloud.Advance(10 * time.Minute)
}

func (h *hosts) scale(n int32) {
	h.t.Helper()
	_, err := h.ecs.UpdateService(h.t.Context(), &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), DesiredCount: &n})
	require.NoError(h.t, err)
}

// said are the service's events, oldest first, and how many tasks run.
func (h *hosts) said() ([]string, int32) {
	h.t.Helper()
	out, err := h.ecs.DescribeServices(h.t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(h.t, err)
	var list []string
	for _, e := range slices.Backward(out.Services[0].Events) {
		list = append(list, *e.Message)
	}
	return list, out.Services[0].RunningCount
}

func (h *hosts) tasks(status ecstypes.DesiredStatus) []ecstypes.Task {
	h.t.Helper()
	list, err := h.ecs.ListTasks(h.t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), DesiredStatus: status})
	require.NoError(h.t, err)
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := h.ecs.DescribeTasks(h.t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: list.TaskArns})
	require.NoError(h.t, err)
	return out.Tasks
}

// zones are those of tasks that run, by their number.
func (h *hosts) zones(tasks []ecstypes.Task) map[string]int {
	h.t.Helper()
	found := map[string]int{}
	for _, task := range tasks {
		require.Equal(h.t, "RUNNING", *task.LastStatus)
		found[*task.AvailabilityZone]++
	}
	return found
}

// get asks a balancer.
func (h *hosts) get(host string) int {
	h.t.Helper()
	in, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+host+"/", nil)
	require.NoError(h.t, err)
	out, err := h.cloud.Config().HTTPClient.Do(in)
	require.NoError(h.t, err)
	_, err = io.Copy(io.Discard, out.Body)
	require.NoError(h.t, err)
	require.NoError(h.t, out.Body.Close())
	return out.StatusCode
}

// TestClassicBalancerOfInstances: the instances of a service's tasks are registered, and
// drained before the tasks end.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-types.html
func TestClassicBalancerOfInstances(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 3)
	client := awsclassic.NewFromConfig(h.cloud.Config())
	made, err := client.CreateLoadBalancer(t.Context(), &awsclassic.CreateLoadBalancerInput{
		LoadBalancerName: aws.String("old"), Subnets: h.subnets, SecurityGroups: []string{h.group}, Listeners: []classictypes.Listener{{
			Protocol: aws.String("HTTP"), LoadBalancerPort: 80, InstanceProtocol: aws.String("HTTP"), InstancePort: aws.Int32(80),
		}},
	})
	require.NoError(t, err)
	_, err = client.ConfigureHealthCheck(t.Context(), &awsclassic.ConfigureHealthCheckInput{
		LoadBalancerName: aws.String("old"), HealthCheck: &classictypes.HealthCheck{
			Target: aws.String("HTTP:80/"), Interval: aws.Int32(10), Timeout: aws.Int32(5), HealthyThreshold: aws.Int32(2), UnhealthyThreshold: aws.Int32(2),
		},
	})
	require.NoError(t, err)
	_, err = client.ModifyLoadBalancerAttributes(t.Context(), &awsclassic.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: aws.String("old"), LoadBalancerAttributes: &classictypes.LoadBalancerAttributes{
			ConnectionDraining: &classictypes.ConnectionDraining{Enabled: true, Timeout: aws.Int32(120)},
		},
	})
	require.NoError(t, err)
	states := func() []string {
		out, err := client.DescribeInstanceHealth(t.Context(), &awsclassic.DescribeInstanceHealthInput{LoadBalancerName: aws.String("old")})
		require.NoError(t, err)
		var list []string
		for _, s := range out.InstanceStates {
			list = append(list, *s.State+": "+*s.Description)
		}
		slices.Sort(list)
		return list
	}

	h.run(2, 80, ecstypes.NetworkModeBridge, ecstypes.LoadBalancer{LoadBalancerName: aws.String("old")})
	require.Equal(t, []string{"InService: N/A", "InService: N/A"}, states(), "those with tasks")
	require.Equal(t, http.StatusOK, h.get(*made.DNSName))
	events, running := h.said()
	require.Equal(t, int32(2), running)
	require.Contains(t, events, "(service web) registered 1 instances in (elb old)")
	require.Equal(t, "(service web) has reached a steady state.", events[len(events)-1])

	h.scale(1)
	h.cloud.Advance(30 * time.Second)
	require.Equal(t, []string{"InService: Instance deregistration currently in progress.", "InService: N/A"}, states())
	require.Equal(t, "DEACTIVATING", *h.tasks(ecstypes.DesiredStatusStopped)[0].LastStatus, "its connections are drained first")
	events, _ = h.said()
	require.Contains(t, events, "(service web) deregistered 1 instances in (elb old)")
	require.Contains(t, events, "(service web) has begun draining connections on 1 tasks.")
	h.cloud.Advance(2 * time.Minute)
	require.Equal(t, []string{"InService: N/A"}, states())
	require.Equal(t, "STOPPED", *h.tasks(ecstypes.DesiredStatusStopped)[0].LastStatus)

	h.cloud.Image("public.ecr.aws/shop/web:1", fakes.Program{Status: func(_ string, age time.Duration) int {
		if age > time.Minute {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}})
	_, err = h.ecs.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: h.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn})
	require.NoError(t, err)
	h.cloud.Advance(10 * time.Minute)
	events, _ = h.said()
	require.Regexp(t, `\(service web\) \(task [0-9a-f]{32}\) \(instance i-[0-9a-f]+\) is unhealthy in \(elb old\) due to `+
		`\(reason Instance has failed at least the UnhealthyThreshold number of health checks consecutively\.\)`, strings.Join(events, "\n"))
	reasons := map[string]bool{}
	for _, task := range h.tasks(ecstypes.DesiredStatusStopped) {
		reasons[*task.StoppedReason] = true
	}
	require.True(t, reasons["Task failed ELB health checks in (elb old)"], "%v", reasons)
}

// TestTargetsOnInstances: tasks are targets by their instance and a port of the host, one
// that is found for them or that of the task definition.
//
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
func TestTargetsOnInstances(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode  ecstypes.NetworkMode
		port  int32
		tasks int32
		ports []int32 // of the host; one for each task of an instance
	}{
		"bridge, any port":    {ecstypes.NetworkModeBridge, 0, 4, []int32{32768, 32769}},
		"bridge, a port":      {ecstypes.NetworkModeBridge, 9000, 2, []int32{9000}},
		"host, the container": {ecstypes.NetworkModeHost, 8080, 2, []int32{8080}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHosts(t, 2)
			client := awselb.NewFromConfig(h.cloud.Config())
			group, err := client.CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
				Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &h.vpc, TargetType: elbtypes.TargetTypeEnumInstance,
				HealthCheckIntervalSeconds: aws.Int32(10), HealthyThresholdCount: aws.Int32(2),
			})
			require.NoError(t, err)
			arn := group.TargetGroups[0].TargetGroupArn
			_, err = client.ModifyTargetGroupAttributes(t.Context(), &awselb.ModifyTargetGroupAttributesInput{
				TargetGroupArn: arn, Attributes: []elbtypes.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("60")}},
			})
			require.NoError(t, err)
			balancer, err := client.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{
				Name: aws.String("shop"), Subnets: h.subnets, SecurityGroups: []string{h.group},
			})
			require.NoError(t, err)
			h.cloud.Advance(5 * time.Minute)
			_, err = client.CreateListener(t.Context(), &awselb.CreateListenerInput{
				LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
				DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: arn}},
			})
			require.NoError(t, err)
			targets := func(state elbtypes.TargetHealthStateEnum) map[string][]int32 {
				out, err := client.DescribeTargetHealth(t.Context(), &awselb.DescribeTargetHealthInput{TargetGroupArn: arn})
				require.NoError(t, err)
				found := map[string][]int32{}
				for _, d := range out.TargetHealthDescriptions {
					if d.TargetHealth.State == state {
						found[*d.Target.Id] = append(found[*d.Target.Id], *d.Target.Port)
						slices.Sort(found[*d.Target.Id])
					}
				}
				return found
			}

			h.run(c.tasks, c.port, c.mode, ecstypes.LoadBalancer{TargetGroupArn: arn})
			healthy := targets(elbtypes.TargetHealthStateEnumHealthy)
			require.Len(t, healthy, 2, "both instances")
			for id, ports := range healthy {
				require.Regexp(t, "^i-", id)
				require.Equal(t, c.ports, ports)
			}
			require.Equal(t, http.StatusOK, h.get(*balancer.LoadBalancers[0].DNSName))
			bound := h.tasks(ecstypes.DesiredStatusRunning)[0].Containers[0].NetworkBindings[0]
			require.Equal(t, int32(8080), *bound.ContainerPort)
			require.Contains(t, c.ports, *bound.HostPort)

			h.scale(0)
			h.cloud.Advance(10 * time.Second)
			require.Len(t, targets(elbtypes.TargetHealthStateEnumDraining), 2)
			require.Equal(t, "DEACTIVATING", *h.tasks(ecstypes.DesiredStatusStopped)[0].LastStatus)
			h.cloud.Advance(time.Minute)
			require.Empty(t, targets(elbtypes.TargetHealthStateEnumDraining))
			require.Equal(t, "STOPPED", *h.tasks(ecstypes.DesiredStatusStopped)[0].LastStatus)
			for _, n := range h.nodes() {
				require.Zero(t, n.RunningTasksCount)
				for _, r := range n.RemainingResources {
					require.NotContains(t, r.StringSetValue, "9000", "the ports are free again")
				}
			}
		})
	}
}

// TestZoneOfInstancesIsLost: tasks go with their instances, and others run in the zones
// that are left; once the zone is back, and has an instance, it gets its share.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func TestZoneOfInstancesIsLost(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 3)
	h.run(6, 0, ecstypes.NetworkModeBridge, ecstypes.LoadBalancer{})
	zones := func() map[string]int { return h.zones(h.tasks(ecstypes.DesiredStatusRunning)) }
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 2}, zones())
	group := awsautoscaling.NewFromConfig(h.cloud.Config())
	suspend := &awsautoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("nodes"), ScalingProcesses: []string{"Launch", "AZRebalance"}}
	_, err := group.SuspendProcesses(t.Context(), suspend)
	require.NoError(t, err)

	require.NoError(t, h.cloud.LoseZone("us-east-1b"))
	h.cloud.Advance(5 * time.Minute)
	require.Equal(t, map[string]int{"us-east-1a": 3, "us-east-1c": 3}, zones())
	require.Len(t, h.nodes(), 2)
	lost := h.tasks(ecstypes.DesiredStatusStopped)
	require.Len(t, lost, 2)
	for _, task := range lost {
		require.Equal(t, "us-east-1b", *task.AvailabilityZone)
		require.Regexp(t, `^Host EC2 \(instance i-[0-9a-f]+\) terminated\.$`, *task.StoppedReason)
	}
	events, running := h.said()
	require.Equal(t, int32(6), running)
	require.Equal(t, "(service web) has reached a steady state.", events[len(events)-1])

	require.NoError(t, h.cloud.RestoreZone("us-east-1b"))
	_, err = group.ResumeProcesses(t.Context(), &awsautoscaling.ResumeProcessesInput{
		AutoScalingGroupName: suspend.AutoScalingGroupName, ScalingProcesses: suspend.ScalingProcesses,
	})
	require.NoError(t, err)
	h.cloud.Advance(15 * time.Minute)
	require.Len(t, h.nodes(), 3)
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 2}, zones())
	events, _ = h.said()
	require.Contains(t, events, "(service web) is not AZ balanced with 3 tasks in us-east-1a, 3 tasks in us-east-1c, 0 tasks in us-east-1b. AZ Rebalancing in progress.")
	require.Contains(t, events, "(service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b, 2 tasks in us-east-1c.")
}

// TestZoneComesBack: services on Fargate get their share of a zone that was lost.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func TestZoneComesBack(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Schedule: 5 * time.Second}})
	client, err := startSpot(t.Context(), cloud)
	require.NoError(t, err)
	h := &hosts{t: t, cloud: cloud, ecs: client}
	_, err = client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{Cluster: aws.String("shop"), Service: aws.String("web"), DesiredCount: aws.Int32(6)})
	require.NoError(t, err)
	zones := func() map[string]int {
		cloud.Advance(5 * time.Minute)
		list, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
		require.NoError(t, err)
		out, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: list.TaskArns})
		require.NoError(t, err)
		return h.zones(out.Tasks)
	}
	even := map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 2}
	require.Equal(t, even, zones())
	require.NoError(t, cloud.LoseZone("us-east-1c"))
	require.Equal(t, map[string]int{"us-east-1a": 3, "us-east-1b": 3}, zones())
	require.NoError(t, cloud.RestoreZone("us-east-1c"))
	require.Equal(t, even, zones())
}
