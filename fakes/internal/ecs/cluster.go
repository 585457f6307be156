// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/placement"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

const (
	active   = "ACTIVE"
	draining = "DRAINING"
	inactive = "INACTIVE"
)

// cluster is one cluster with what runs on it. A deleted one stays, INACTIVE,
// until its name is taken again.
type cluster struct {
	r         *region
	name, arn string
	status    string
	// input is replaced, never edited, by updates.
	input    awsecs.CreateClusterInput
	tags     []ecstypes.Tag
	services map[string]*service
	tasks    map[string]*task
	// order has the tasks by number, and among them those forgotten since.
	order          []*task
	forgotten      int
	tokens         map[string]runRecord
	running        int32
	pending        int32
	activeServices int32
	// attached is when the capacity providers that were put last are in force.
	attached time.Time
	// nodes are the container instances by id, places what placement knows of them.
	nodes  map[string]*node
	places *placement.Cluster
	// waiting are the tasks in PROVISIONING that no instance has room for, oldest first.
	waiting []*task
	// vacancy: a look at who could have the place of a task that left is planned.
	vacancy bool
}

func (f *Fake) handleClusters() {
	sim.Handle(f.api, "CreateCluster", f.createCluster, sim.Needs(needsTagged[awsecs.CreateClusterInput](
		"ecs:CreateCluster", func(in *awsecs.CreateClusterInput) string { return "cluster/" + or(in.ClusterName, defaultCluster) },
		func(in *awsecs.CreateClusterInput) []ecstypes.Tag { return in.Tags })))
	sim.Handle(f.api, "DescribeClusters", f.describeClusters, sim.Needs(needsDescribeClusters))
	sim.Handle(f.api, "ListClusters", f.listClusters)
	sim.Handle(f.api, "UpdateCluster", f.updateCluster,
		sim.Needs(onCluster("ecs:UpdateCluster", func(in *awsecs.UpdateClusterInput) *string { return in.Cluster })))
	sim.Handle(f.api, "UpdateClusterSettings", f.updateClusterSettings,
		sim.Needs(onCluster("ecs:UpdateClusterSettings", func(in *awsecs.UpdateClusterSettingsInput) *string { return in.Cluster })))
	sim.Handle(f.api, "DeleteCluster", f.deleteCluster,
		sim.Needs(onCluster("ecs:DeleteCluster", func(in *awsecs.DeleteClusterInput) *string { return in.Cluster })))
	f.handleCapacityProviders()
}

func needsDescribeClusters(c *sim.Call, in *awsecs.DescribeClustersInput) []sim.Access {
	refs := in.Clusters
	if len(refs) == 0 {
		refs = []string{defaultCluster}
	}
	var list []sim.Access
	for _, ref := range refs {
		list = append(list, sim.Access{Action: "ecs:DescribeClusters", Resource: clusterARN(c, &ref)})
	}
	return list
}

const defaultCluster = "default"

// cluster finds an active cluster by name or ARN; nil means "default".
func (r *region) cluster(ref *string) (*cluster, error) {
	c := r.clusters[lastPart(or(ref, defaultCluster))]
	if c == nil || c.status == inactive {
		return nil, clusterNotFound()
	}
	return c, nil
}

func (f *Fake) createCluster(c *sim.Call, in *awsecs.CreateClusterInput) (*awsecs.CreateClusterOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.CreateCluster, refs{r}, in, typed); err != nil {
		return nil, err
	}
	name := or(in.ClusterName, defaultCluster)
	if old := r.clusters[name]; old != nil && old.status == active {
		return &awsecs.CreateClusterOutput{Cluster: old.view(includeAll)}, nil
	}
	if err := r.knownProviders(in.CapacityProviders); err != nil {
		return nil, err
	}
	if err := r.roomForCluster(); err != nil {
		return nil, err
	}
	in.ClusterName = &name
	cl := &cluster{
		r: r, name: name, arn: r.arn("cluster/" + name), status: active, input: *in, tags: in.Tags,
		services: map[string]*service{}, tasks: map[string]*task{}, tokens: map[string]runRecord{},
		nodes: map[string]*node{}, places: placement.NewCluster(),
	}
	cl.input.Settings = r.clusterSettings(in.Settings)
	r.clusters[name] = cl
	cl.exchange(nil, in.CapacityProviders)
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	return &awsecs.CreateClusterOutput{Cluster: cl.view(includeAll)}, nil
}

// ecsService is who assumes the service-linked role of ECS.
const ecsService = "ecs.amazonaws.com"

// noLinkedRole is what ECS answers, and why it places no task, without its role.
const noLinkedRole = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."

func linkedRole(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":role/aws-service-role/" + ecsService + "/AWSServiceRoleForECS"
}

// linkRole makes the service-linked role of ECS, if it is not there and the caller
// may have it made.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
func (f *Fake) linkRole(c *sim.Call) error {
	if f.needs.Access.HasServiceLinkedRole(ecsService) {
		return nil
	}
	create := sim.Access{Action: "iam:CreateServiceLinkedRole", Resource: linkedRole(c.Partition, c.Account)}.With("iam:AWSServiceName", ecsService)
	if err := f.needs.Access.Authorize(c.Caller, create); err != nil {
		return invalid(noLinkedRole)
	}
	f.needs.Access.ServiceLinkedRole(ecsService)
	return nil
}

// clusterSettings fills in the account's default of what is not given.
func (r *region) clusterSettings(given []ecstypes.ClusterSetting) []ecstypes.ClusterSetting {
	if len(given) > 0 {
		return given
	}
	v := r.setting(ecstypes.SettingNameContainerInsights)
	return []ecstypes.ClusterSetting{{Name: ecstypes.ClusterSettingNameContainerInsights, Value: &v}}
}

// includeAll is what replies that are not Describe show.
var includeAll = []ecstypes.ClusterField{
	ecstypes.ClusterFieldConfigurations, ecstypes.ClusterFieldSettings, ecstypes.ClusterFieldTags,
}

func (cl *cluster) view(include []ecstypes.ClusterField) *ecstypes.Cluster {
	v := &ecstypes.Cluster{
		ClusterArn: &cl.arn, ClusterName: &cl.name, Status: &cl.status,
		RegisteredContainerInstancesCount: int32(cl.places.Len()), ActiveServicesCount: cl.activeServices, RunningTasksCount: cl.running, PendingTasksCount: cl.pending,
		CapacityProviders: cl.providerNames(), DefaultCapacityProviderStrategy: cl.input.DefaultCapacityProviderStrategy,
	}
	if d := cl.input.ServiceConnectDefaults; d != nil {
		v.ServiceConnectDefaults = &ecstypes.ClusterServiceConnectDefaults{Namespace: d.Namespace}
	}
	for _, field := range include {
		switch field {
		case ecstypes.ClusterFieldConfigurations:
			v.Configuration = cl.input.Configuration
		case ecstypes.ClusterFieldSettings:
			v.Settings = cl.input.Settings
		case ecstypes.ClusterFieldTags:
			v.Tags = cl.tags
		case ecstypes.ClusterFieldStatistics:
			v.Statistics = cl.statistics()
		case ecstypes.ClusterFieldAttachments:
			v.Attachments = cl.providerAttachments()
			v.AttachmentsStatus = cl.attachmentsStatus()
		}
	}
	return v
}

// attachmentsStatus is nil before capacity providers were ever put.
func (cl *cluster) attachmentsStatus() *string {
	switch {
	case cl.attached.IsZero():
		return nil
	case cl.attaching():
		return new("UPDATE_IN_PROGRESS")
	default:
		return new("UPDATE_COMPLETE")
	}
}

// attaching reports whether capacity providers are still being put.
func (cl *cluster) attaching() bool { return cl.r.f.sim.Now().Before(cl.attached) }

func (cl *cluster) statistics() []ecstypes.KeyValuePair {
	count := func(name string, n int32) ecstypes.KeyValuePair {
		return ecstypes.KeyValuePair{Name: new(name), Value: new(strconv.Itoa(int(n)))}
	}
	var ec2Running, ec2Pending, ec2Active, ec2Draining, drainingServices int32
	for _, n := range cl.nodes {
		ec2Running += n.running
		ec2Pending += n.pending
	}
	ec2Pending += int32(len(cl.waiting))
	for _, s := range cl.services {
		hosted := s.hosted()
		switch {
		case s.status == draining && hosted:
			ec2Draining++
		case s.status == draining:
			drainingServices++
		case s.status == active && hosted:
			ec2Active++
		}
	}
	return []ecstypes.KeyValuePair{
		count("runningEC2TasksCount", ec2Running), count("runningFargateTasksCount", cl.running-ec2Running),
		count("pendingEC2TasksCount", ec2Pending), count("pendingFargateTasksCount", cl.pending-ec2Pending),
		count("activeEC2ServiceCount", ec2Active), count("activeFargateServiceCount", cl.activeServices-ec2Active),
		count("drainingEC2ServiceCount", ec2Draining), count("drainingFargateServiceCount", drainingServices),
	}
}

func (f *Fake) describeClusters(c *sim.Call, in *awsecs.DescribeClustersInput) (*awsecs.DescribeClustersOutput, error) {
	r := f.of(c)
	refs := in.Clusters
	if len(refs) == 0 {
		refs = []string{defaultCluster}
	}
	if len(refs) > maxDescribed {
		return nil, invalid("Clusters cannot be longer than %d.", maxDescribed)
	}
	out := &awsecs.DescribeClustersOutput{Clusters: []ecstypes.Cluster{}, Failures: []ecstypes.Failure{}}
	for _, ref := range refs {
		cl := r.clusters[lastPart(ref)]
		if cl == nil {
			out.Failures = append(out.Failures, gone(r.arn("cluster/"+lastPart(ref))))
			continue
		}
		out.Clusters = append(out.Clusters, *cl.view(in.Include))
	}
	return out, nil
}

// maxDescribed is how many clusters or tasks one call describes.
const maxDescribed = 100

func gone(arn string) ecstypes.Failure {
	return ecstypes.Failure{Arn: &arn, Reason: new(missing)}
}

func (f *Fake) listClusters(c *sim.Call, in *awsecs.ListClustersInput) (*awsecs.ListClustersOutput, error) {
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(f.of(c).clusters)) {
		if cl := f.of(c).clusters[name]; cl.status != inactive {
			arns = append(arns, cl.arn)
		}
	}
	page, next, err := paged(arns, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListClustersOutput{ClusterArns: page, NextToken: next}, nil
}

// paged cuts a page; size is AWS's default and maximum.
func paged[E any](all []E, token *string, limit *int32, size int) (page []E, next *string, err error) {
	if size, err = pageSize(limit, size); err != nil {
		return nil, nil, err
	}
	page, next, err = sim.Page(all, token, size)
	if err != nil {
		return nil, nil, invalid("Invalid token in request: %s", value(token))
	}
	if page == nil {
		page = []E{}
	}
	return page, next, nil
}

// pageSize is how long a page is: most, unless less is asked for.
func pageSize(limit *int32, most int) (int, error) {
	switch {
	case limit == nil:
		return most, nil
	case *limit < 1 || int(*limit) > most:
		return 0, invalid("Max results must be between 1 and %d.", most)
	}
	return int(*limit), nil
}

func (f *Fake) updateCluster(c *sim.Call, in *awsecs.UpdateClusterInput) (*awsecs.UpdateClusterOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := sim.Check(rules.UpdateCluster, refs{cl.r}, in, typed); err != nil {
		return nil, err
	}
	if in.Settings != nil {
		cl.input.Settings = in.Settings
	}
	if in.Configuration != nil {
		cl.input.Configuration = in.Configuration
	}
	if d := in.ServiceConnectDefaults; d != nil {
		cl.input.ServiceConnectDefaults = d
		if value(d.Namespace) == "" {
			cl.input.ServiceConnectDefaults = nil
		}
	}
	return &awsecs.UpdateClusterOutput{Cluster: cl.view(includeAll)}, nil
}

func (f *Fake) updateClusterSettings(c *sim.Call, in *awsecs.UpdateClusterSettingsInput) (*awsecs.UpdateClusterSettingsOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	cl.input.Settings = in.Settings
	return &awsecs.UpdateClusterSettingsOutput{Cluster: cl.view(includeAll)}, nil
}

func (f *Fake) deleteCluster(c *sim.Call, in *awsecs.DeleteClusterInput) (*awsecs.DeleteClusterOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	for _, s := range cl.services {
		if s.status == active {
			return nil, &ecstypes.ClusterContainsServicesException{Message: new("The Cluster cannot be deleted while Services are active.")}
		}
	}
	for _, t := range cl.tasks {
		if t.status != stopped {
			return nil, &ecstypes.ClusterContainsTasksException{Message: new("The Cluster cannot be deleted while Tasks are active.")}
		}
	}
	if len(cl.scoped()) > 0 {
		return nil, clientError("The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached to the cluster.")
	}
	if cl.places.Len() > 0 {
		return nil, &ecstypes.ClusterContainsContainerInstancesException{Message: new("The Cluster cannot be deleted while Container Instances are active or draining.")}
	}
	cl.exchange(cl.input.CapacityProviders, nil)
	cl.status = inactive
	return &awsecs.DeleteClusterOutput{Cluster: cl.view(includeAll)}, nil
}

// clusterARN is what IAM calls the cluster that ref names.
func clusterARN(c *sim.Call, ref *string) string {
	name := or(ref, defaultCluster)
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return c.ARN("ecs", "cluster/"+name)
}
