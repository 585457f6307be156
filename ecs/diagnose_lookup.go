// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
	"github.com/slipway-go/slipway/internal/diff"
	"github.com/slipway-go/slipway/internal/probe"
)

// How many tasks' last lines are read, and how many lines of each container.
const (
	tasksRead = 3
	linesRead = 10
)

// lastLines reads what containers of the newest stopped tasks wrote last. What may not
// be read, or is not there, is left out.
func (e *examination) lastLines(ctx context.Context) {
	for i := range e.facts.Stopped[:min(len(e.facts.Stopped), tasksRead)] {
		t := &e.facts.Stopped[i]
		for _, d := range e.facts.Definition.ContainerDefinitions {
			if lines := e.linesOf(ctx, &d, t); len(lines) > 0 {
				e.facts.Lines[diagnose.LineKey(aws.ToString(t.TaskArn), aws.ToString(d.Name))] = lines
			}
		}
	}
}

func (e *examination) linesOf(ctx context.Context, d *ecstypes.ContainerDefinition, t *ecstypes.Task) []string {
	group, stream := logStream(d, aws.ToString(t.TaskArn))
	if stream == "" {
		return nil
	}
	out, err := slipway.Client(e.call, awslogs.NewFromConfig).GetLogEvents(ctx, &awslogs.GetLogEventsInput{
		LogGroupName: aws.String(group), LogStreamName: aws.String(stream), Limit: aws.Int32(linesRead),
	})
	if err != nil {
		return nil
	}
	var lines []string
	for _, event := range out.Events {
		lines = append(lines, redact(d, strings.TrimRight(aws.ToString(event.Message), "\r\n")))
	}
	return lines
}

// logStream is where the awslogs driver writes what a container of a task says; the
// stream is empty with other drivers.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
func logStream(d *ecstypes.ContainerDefinition, taskARN string) (group, stream string) {
	l := d.LogConfiguration
	if l == nil || l.LogDriver != ecstypes.LogDriverAwslogs || l.Options["awslogs-stream-prefix"] == "" {
		return "", ""
	}
	return l.Options["awslogs-group"], l.Options["awslogs-stream-prefix"] + "/" + aws.ToString(d.Name) + "/" + lastPart(taskARN)
}

// leastSecret is how long a value has to be to be looked for in log lines.
const leastSecret = 4

// redact hides the values of environment variables whose names sound secret.
func redact(d *ecstypes.ContainerDefinition, line string) string {
	for _, v := range d.Environment {
		if value := aws.ToString(v.Value); len(value) >= leastSecret && diff.SoundsSecret(aws.ToString(v.Name)) {
			line = strings.ReplaceAll(line, value, "***")
		}
	}
	return line
}

// surroundings looks up whether what the tasks need is there.
func (e *examination) surroundings(ctx context.Context) {
	e.identify()
	s := e.facts.Service
	if on, ok := e.hosting(); ok {
		e.hosts(ctx, on)
	}
	e.admitted(ctx)
	d := e.facts.Definition
	add := func(checks ...slipway.Check) { e.facts.Checks = append(e.facts.Checks, checks...) }
	for _, role := range []*string{d.ExecutionRoleArn, d.TaskRoleArn} {
		if aws.ToString(role) != "" {
			add(probe.Role(ctx, e.call, *role, tasksPrincipal, e.source()))
		}
	}
	f := &needed{call: e.call, role: d.ExecutionRoleArn, platform: platformOf(d)}
	for i := range d.ContainerDefinitions {
		f.container(ctx, &d.ContainerDefinitions[i])
	}
	add(f.checks...)
	if s != nil && onFargate(s) {
		add(vcpus(ctx, e.call, aws.ToString(d.Cpu), launch{strategy: s.CapacityProviderStrategy, tasks: int(s.DesiredCount)})...)
		add(e.exhausted(ctx, s)...)
	}
	if n := e.network(); n != nil {
		if onFargate(s) { // on EC2 it is the agent that gets what tasks need
			add(e.routes(ctx, n)...)
		}
		add(probe.Addresses(ctx, e.call, n.Subnets, max(int(e.facts.Service.DesiredCount-e.facts.Service.RunningCount), 0)))
	}
}

// saysVCPUs is in the events of a service for which the account has no vCPUs left.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
const saysVCPUs = "limit on the number of vCPUs"

// exhausted tells of the quota of vCPUs, if ECS has said that it is used up, by what the
// service's tasks that run have of it. A task on Fargate Spot has its own quota.
func (e *examination) exhausted(ctx context.Context, s *ecstypes.Service) []slipway.Check {
	if !slices.ContainsFunc(e.facts.Events, func(text string) bool { return strings.Contains(text, saysVCPUs) }) {
		return nil
	}
	units, err := strconv.Atoi(aws.ToString(e.facts.Definition.Cpu))
	if err != nil {
		return nil
	}
	onDemand, spot := 0, 0
	for _, t := range e.facts.Running {
		if aws.ToString(t.CapacityProviderName) == string(FargateSpot) {
			spot++
		} else {
			onDemand++
		}
	}
	each := float64(units) / float64(VCPU)
	var checks []slipway.Check
	wantsOnDemand, wantsSpot := shares(s.CapacityProviderStrategy, int(s.DesiredCount))
	if wantsOnDemand > 0 {
		checks = append(checks, probe.FargateExhausted(ctx, e.call, false, each*float64(onDemand), each))
	}
	if wantsSpot > 0 && wantsOnDemand == 0 {
		checks = append(checks, probe.FargateExhausted(ctx, e.call, true, each*float64(spot), each))
	}
	return checks
}

// tasksPrincipal is who assumes the roles of tasks.
const tasksPrincipal = "ecs-tasks.amazonaws.com"

// source is the ARN pattern for which ECS assumes roles of tasks.
func (e *examination) source() string {
	return "arn:" + e.call.Partition + ":ecs:" + e.call.Region + ":" + e.call.Account + ":*"
}

// platformOf is the platform of a task's images; "" if the instances decide.
func platformOf(d *ecstypes.TaskDefinition) string {
	p := d.RuntimePlatform
	if p == nil && len(d.RequiresCompatibilities) > 0 && !slices.Contains(d.RequiresCompatibilities, ecstypes.CompatibilityFargate) {
		return ""
	}
	if p == nil {
		return X86_64.platform()
	}
	platform := X86_64.platform()
	if p.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
		platform = ARM64.platform()
	}
	if strings.HasPrefix(string(p.OperatingSystemFamily), "WINDOWS") {
		platform = strings.Replace(platform, "linux/", "windows/", 1)
	}
	return platform
}

// onFargate reports whether Fargate runs the service's tasks.
func onFargate(s *ecstypes.Service) bool {
	if len(s.CapacityProviderStrategy) == 0 {
		return s.LaunchType == ecstypes.LaunchTypeFargate
	}
	onDemand, spot := shares(s.CapacityProviderStrategy, 1)
	return onDemand+spot > 0
}

// routes looks up whether the tasks reach what they need to start.
func (e *examination) routes(ctx context.Context, n *ecstypes.AwsVpcConfiguration) []slipway.Check {
	at := probe.Placement{
		Subnets: n.Subnets, Groups: n.SecurityGroups, PublicIP: n.AssignPublicIp == ecstypes.AssignPublicIpEnabled, Default: len(n.SecurityGroups) == 0,
	}
	return probe.Routes(ctx, e.call, at, destinations(e.call.Config.Region, e.facts.Definition.ContainerDefinitions)...)
}

// registryOf is where an image comes from. Endpoints of ECR serve but the registries of
// their own region.
func registryOf(region, image string) []probe.Destination {
	switch r, private := probe.RepositoryOf(image); {
	case !private:
		return []probe.Destination{probe.Internet}
	case r.Region != region:
		return []probe.Destination{{Code: slipway.NoRouteToRegistry, Name: "Amazon ECR in " + r.Region}}
	default:
		return []probe.Destination{probe.ECRAPI, probe.ECRDocker, probe.S3}
	}
}

// destinations are what the containers of a task in a region reach before they run.
func destinations(region string, containers []ecstypes.ContainerDefinition) []probe.Destination {
	var all []probe.Destination
	seen := map[string]bool{}
	add := func(to ...probe.Destination) {
		for _, d := range to {
			if !seen[d.Name] {
				seen[d.Name], all = true, append(all, d)
			}
		}
	}
	for _, c := range containers {
		if known(c.Image) {
			add(registryOf(region, *c.Image)...)
		}
		secrets := slices.Clone(c.Secrets)
		if c.LogConfiguration != nil {
			secrets = append(secrets, c.LogConfiguration.SecretOptions...)
		}
		if r := c.RepositoryCredentials; r != nil {
			secrets = append(secrets, ecstypes.Secret{ValueFrom: r.CredentialsParameter})
		}
		for _, s := range secrets {
			if strings.Contains(aws.ToString(s.ValueFrom), ":secretsmanager:") {
				add(probe.Secrets)
			} else {
				add(probe.SSM)
			}
		}
		if l := c.LogConfiguration; l != nil && l.LogDriver == ecstypes.LogDriverAwslogs {
			add(probe.Logs)
		}
	}
	return all
}
