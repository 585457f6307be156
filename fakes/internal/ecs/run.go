// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func (f *Fake) handleTasks() {
	sim.Handle(f.api, "RunTask", f.runTask, sim.Needs(f.needsRun))
	sim.Handle(f.api, "StopTask", f.stopTask, sim.Needs(onTasks("ecs:StopTask",
		func(in *awsecs.StopTaskInput) (*string, []string) { return in.Cluster, []string{value(in.Task)} })))
	sim.Handle(f.api, "DescribeTasks", f.describeTasks, sim.Needs(onTasks("ecs:DescribeTasks",
		func(in *awsecs.DescribeTasksInput) (*string, []string) { return in.Cluster, in.Tasks })))
	sim.Handle(f.api, "ListTasks", f.listTasks, sim.Refuses[awsecs.ListTasksInput]("DaemonName"))
}

// overridden are the containers of a task definition with what a task has otherwise.
func overridden(d *taskDef, o *ecstypes.TaskOverride) []ecstypes.ContainerDefinition {
	list := slices.Clone(d.definition.ContainerDefinitions)
	for i := range list {
		list[i] = rules.Overridden(list[i], o)
	}
	return list
}

func (f *Fake) needsRun(c *sim.Call, in *awsecs.RunTaskInput) []sim.Access {
	resource := value(in.TaskDefinition)
	var roles []*string
	if d := f.of(c).taskDefinition(resource); d != nil {
		resource = d.arn()
		roles = []*string{d.definition.TaskRoleArn, d.definition.ExecutionRoleArn}
	}
	if o := in.Overrides; o != nil {
		roles = append(roles, o.TaskRoleArn, o.ExecutionRoleArn)
	}
	list := withTags("ecs:RunTask", resource, in.Tags)
	for i := range list {
		if list[i].Context == nil {
			list[i].Context = map[string][]string{}
		}
		list[i].Context["ecs:cluster"] = []string{clusterARN(c, in.Cluster)}
		if i > 0 { // the tags are those of the tasks, whose IDs are not known yet
			list[i].Resource = c.ARN("ecs", "task/"+lastPart(or(in.Cluster, defaultCluster))+"/*")
			list[i] = list[i].With("ecs:CreateAction", "RunTask")
		}
	}
	list = append(list, passRoles(roles...)...)
	return append(list, passInfrastructure(taskVolumes(in.VolumeConfigurations))...)
}

// runRecord is what a client token stood for.
type runRecord struct {
	tasks    []*task
	failures []ecstypes.Failure
}

func (f *Fake) runTask(c *sim.Call, in *awsecs.RunTaskInput) (*awsecs.RunTaskOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.RunTask, refs{r}, in, typed); err != nil {
		return nil, err
	}
	cl, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.ClientToken != nil {
		if old, ok := cl.tokens[*in.ClientToken]; ok {
			return &awsecs.RunTaskOutput{Tasks: views(old.tasks), Failures: old.failures}, nil
		}
	}
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	sp, strategy, err := cl.runSpec(in)
	if err != nil {
		return nil, err
	}
	tasks, failures, err := cl.placeAll(sp, strategy, int(or(in.Count, 1)))
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		t.launch()
	}
	if in.ClientToken != nil {
		cl.tokens[*in.ClientToken] = runRecord{tasks, failures}
	}
	return &awsecs.RunTaskOutput{Tasks: views(tasks), Failures: failures}, nil
}

// Run runs tasks as p, who needs the same permissions as anybody who calls RunTask.
func (f *Fake) Run(region string, in *awsecs.RunTaskInput, p sim.Principal) error {
	c := &sim.Call{
		Sim: f.sim, Service: "ECS", Operation: "RunTask", Region: region, Account: f.sim.Account(), Partition: sim.Partition(region), Caller: p,
	}
	for _, a := range f.needsRun(c, in) {
		if err := f.needs.Access.Authorize(p, a); err != nil {
			return err
		}
	}
	out, err := f.runTask(c, in)
	if err != nil {
		return err
	}
	if len(out.Failures) > 0 {
		return clientError("%s", value(out.Failures[0].Reason))
	}
	return nil
}

func views(tasks []*task) []ecstypes.Task {
	list := make([]ecstypes.Task, len(tasks))
	for i, t := range tasks {
		list[i] = *t.view(true)
	}
	return list
}

// runSpec is what the tasks of RunTask are made from.
func (cl *cluster) runSpec(in *awsecs.RunTaskInput) (*spec, []ecstypes.CapacityProviderStrategyItem, error) {
	d, err := cl.r.runnable(in.TaskDefinition)
	if err != nil {
		return nil, nil, err
	}
	strategy, err := cl.strategy(in.CapacityProviderStrategy, in.LaunchType)
	if err != nil {
		return nil, nil, err
	}
	hosted := onInstances(in.LaunchType, strategy)
	network, err := cl.runNetwork(d, in, hosted)
	if err != nil {
		return nil, nil, err
	}
	volumes, containers := taskVolumes(in.VolumeConfigurations), overridden(d, in.Overrides)
	if err := cl.r.manageable(volumes); err != nil {
		return nil, nil, err
	}
	if err := onlyGPUs(containers); err != nil {
		return nil, nil, err
	}
	sp := &spec{
		volumes: volumes,
		td:      d, containers: containers, network: network, platformVersion: platformVersion(in.PlatformVersion, d), overrides: in.Overrides,
		group: or(in.Group, "family:"+d.family()), startedBy: value(in.StartedBy), exec: in.EnableExecuteCommand,
		fargate: strategy == nil && !hosted, tags: cl.taskTags(in.Tags, in.EnableECSManagedTags, in.PropagateTags, d, nil),
		taskRole: value(d.definition.TaskRoleArn), executionRole: value(d.definition.ExecutionRoleArn),
	}
	if o := in.Overrides; o != nil {
		sp.taskRole, sp.executionRole = or(o.TaskRoleArn, sp.taskRole), or(o.ExecutionRoleArn, sp.executionRole)
	}
	if hosted {
		sp.platformVersion = ""
		sp.host, err = cl.r.host(d, sp.group, network, sp.taskRole, in.Overrides, in.PlacementConstraints, in.PlacementStrategy)
	}
	return sp, strategy, err
}

// runNetwork is the network of the tasks, which only those in awsvpc mode have.
func (cl *cluster) runNetwork(d *taskDef, in *awsecs.RunTaskInput, hosted bool) (ecstypes.AwsVpcConfiguration, error) {
	given := in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil
	switch {
	case !hosted && !isFargate(&d.input):
		return ecstypes.AwsVpcConfiguration{}, invalid("Task definition does not support launch_type FARGATE.")
	case given:
		return cl.r.network(*in.NetworkConfiguration.AwsvpcConfiguration)
	case d.definition.NetworkMode == ecstypes.NetworkModeAwsvpc:
		return ecstypes.AwsVpcConfiguration{}, invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	return ecstypes.AwsVpcConfiguration{}, hostable(d)
}

// platformVersion is what LATEST, or nothing, stands for.
func platformVersion(given *string, d *taskDef) string {
	if v := value(given); v != "" && v != latest {
		return v
	}
	if platformFamily(d.definition.RuntimePlatform) != "Linux" {
		return "1.0.0"
	}
	return "1.4.0"
}

// network checks subnets and security groups, and fills in the default group.
func (r *region) network(n ecstypes.AwsVpcConfiguration) (ecstypes.AwsVpcConfiguration, error) {
	vpc := ""
	for _, id := range n.Subnets {
		s, ok := r.f.needs.Network.Subnet(r.name, id)
		if !ok {
			return n, invalid("Error retrieving subnet information for [%s]: The subnet ID '%s' does not exist (ErrorCode: InvalidSubnetID.NotFound)", id, id)
		}
		if vpc != "" && s.VPC != vpc {
			return n, invalid("Subnets must be in the same VPC.")
		}
		vpc = s.VPC
	}
	for _, id := range n.SecurityGroups {
		of, ok := r.f.needs.Network.GroupVPC(r.name, id)
		switch {
		case !ok:
			return n, invalid("Error retrieving security group information for [%s]: The security group '%s' does not exist (ErrorCode: InvalidGroup.NotFound)", id, id)
		case of != vpc:
			return n, invalid("Security group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
	}
	if len(n.SecurityGroups) == 0 {
		n.SecurityGroups = []string{r.f.needs.Network.DefaultGroup(r.name, vpc)}
	}
	if n.AssignPublicIp == "" {
		n.AssignPublicIp = ecstypes.AssignPublicIpDisabled
	}
	return n, nil
}

// newTask makes a task that is not known to anybody yet.
func (cl *cluster) newTask(sp *spec, dep *deployment) *task {
	f := cl.r.f
	owner := sp.group
	if dep != nil {
		owner = dep.id
	}
	id := f.sim.ID(32, "ecs-task", cl.r.name, cl.name, owner)
	d := sp.td.definition
	t := &task{
		cl: cl, spec: sp, dep: dep, id: id, arn: cl.r.arn("task/" + cl.name + "/" + id), tags: sp.tags,
		status: provisioning, desired: running, created: f.sim.Now(), version: 1,
		containers: make([]*container, len(d.ContainerDefinitions)),
	}
	t.planVolumes()
	list := make([]container, len(t.containers))
	for i := range list {
		list[i] = container{
			t: t, def: &sp.containers[i], needs: sp.td.plan.awaited[i], id: strconv.Itoa(i), status: pending, health: ecstypes.HealthStatusUnknown,
		}
		t.containers[i] = &list[i]
	}
	return t
}

// uuidOf writes 32 hex digits as a UUID.
func uuidOf(h string) string {
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// launch makes the task known and starts its life.
func (t *task) launch() {
	t.cl.r.f.launched++
	t.seq = t.cl.r.f.launched
	t.cl.tasks[t.id] = t
	t.cl.order = append(t.cl.order, t)
	t.count(1)
	t.begin()
}

// assumeRoles becomes the task's roles; the error is that of the one which cannot.
func (t *task) assumeRoles() error {
	if t.spec.taskRole == "" && t.spec.executionRole == "" {
		return nil
	}
	context := map[string][]string{"aws:SourceAccount": {t.cl.r.account}, "aws:SourceArn": {t.arn}}
	for _, role := range []struct {
		arn string
		as  *sim.Principal
	}{{t.spec.taskRole, &t.role}, {t.spec.executionRole, &t.execution}} {
		if role.arn == "" {
			continue
		}
		p, err := t.fake().needs.Access.Assume(role.arn, tasksService, t.id, context)
		if err != nil {
			return clientError("ECS was unable to assume the role '%s' that was provided for this task. Please verify that the role being passed "+
				"has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.", role.arn)
		}
		*role.as = p
	}
	return nil
}

// taskTags are the tags of a task: its own, propagated ones, and AWS's.
func (cl *cluster) taskTags(own []ecstypes.Tag, managed bool, from ecstypes.PropagateTags, d *taskDef, s *service) []ecstypes.Tag {
	list := slices.Clone(own)
	add := func(k, v string) {
		if !slices.ContainsFunc(list, func(t ecstypes.Tag) bool { return value(t.Key) == k }) {
			list = append(list, ecstypes.Tag{Key: &k, Value: &v})
		}
	}
	if managed {
		add("aws:ecs:clusterName", cl.name)
		if s != nil {
			add("aws:ecs:serviceName", s.name)
		}
	}
	source := []ecstypes.Tag(nil)
	switch {
	case from == ecstypes.PropagateTagsTaskDefinition:
		source = d.tags
	case from == ecstypes.PropagateTagsService && s != nil:
		source = s.tags
	}
	for _, t := range source {
		add(value(t.Key), value(t.Value))
	}
	return list
}
