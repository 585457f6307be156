// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	"github.com/slipway-go/slipway/internal/diff"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// clusters is the driver of clusters.
type clusters struct {
	family
	awsid.Identity
}

// Before names what must be gone first.
func (clusters) Before() []string {
	return []string{model.KindService, model.KindExpressService, model.KindClusterCapacity, model.KindCapacityProvider, kindGroup}
}

// kindGroup is the kind of Auto Scaling groups, whose instances are in clusters.
const kindGroup = "autoscaling:Group"

// Effects: only the name is fixed.
func (clusters) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Create.ClusterName": slipway.NewName},
		Keys: map[string]string{
			"Create.Tags":                            "Key",
			"Create.Settings":                        "Name",
			"Create.DefaultCapacityProviderStrategy": "CapacityProvider",
		},
		Sets:   []string{"Create.CapacityProviders"},
		Ignore: []string{"Apart"},
	}
}

// Unmanaged leaves the capacity providers to their own resource, if there is one.
func (clusters) Unmanaged(want *model.Cluster) []string {
	if want.Apart {
		return []string{"Create.CapacityProviders", "Create.DefaultCapacityProviderStrategy"}
	}
	return nil
}

// Defaults fills in what ECS would.
func (clusters) Defaults(s *model.Cluster) {
	in := &s.Create
	fill(in)
	if len(in.Settings) == 0 {
		in.Settings = []ecstypes.ClusterSetting{{
			Name: ecstypes.ClusterSettingNameContainerInsights, Value: aws.String(string(InsightsOff)),
		}}
	}
	def(&in.Configuration.ExecuteCommandConfiguration.Logging, ecstypes.ExecuteCommandLoggingDefault)
}

// Check returns all that ECS would reject.
func (clusters) Check(refs slipway.Refs, s *model.Cluster) []slipway.FieldError {
	return rules.At("Create", ecsrules.CreateCluster.All(refs, &s.Create))
}

// Read describes the cluster.
func (d clusters) Read(ctx context.Context, c slipway.Call, want *model.Cluster) (*slipway.Live[model.Cluster], error) {
	live, err := d.ReadMany(ctx, []slipway.Call{c}, []*model.Cluster{want})
	if err != nil {
		return nil, err
	}
	return live[0], nil
}

// describeBatch is how many clusters one call describes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
const describeBatch = 100

// ReadMany describes many clusters at a time.
func (clusters) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.Cluster) ([]*slipway.Live[model.Cluster], error) {
	var names []string
	for _, w := range want {
		if known(w.Create.ClusterName) {
			names = append(names, *w.Create.ClusterName)
		}
	}
	all := make([]*slipway.Live[model.Cluster], len(want))
	if len(names) == 0 {
		return all, nil
	}
	found, err := describeClusters(ctx, calls[0], names)
	if err != nil {
		return nil, err
	}
	for i, w := range want {
		if f, ok := found[aws.ToString(w.Create.ClusterName)]; ok {
			all[i] = rebuildCluster(f, w)
		}
	}
	return all, nil
}

func describeClusters(ctx context.Context, c slipway.Call, names []string) (map[string]*ecstypes.Cluster, error) {
	found := map[string]*ecstypes.Cluster{}
	for batch := range slices.Chunk(names, describeBatch) {
		out, err := client(c).DescribeClusters(ctx, &awsecs.DescribeClustersInput{
			Clusters: batch,
			Include:  []ecstypes.ClusterField{ecstypes.ClusterFieldConfigurations, ecstypes.ClusterFieldSettings, ecstypes.ClusterFieldTags},
		})
		if err != nil {
			return nil, awserr.Wrap(err, "describe clusters")
		}
		for i := range out.Clusters {
			if aws.ToString(out.Clusters[i].Status) != "INACTIVE" {
				found[aws.ToString(out.Clusters[i].ClusterName)] = &out.Clusters[i]
			}
		}
	}
	return found, hideManaged(ctx, c, found)
}

// rebuildCluster turns what ECS describes into a state. want may be nil.
func rebuildCluster(f *ecstypes.Cluster, want *model.Cluster) *slipway.Live[model.Cluster] {
	owner, own := ownerOf(f.Tags)
	live := &slipway.Live[model.Cluster]{
		State: model.Cluster{Create: awsecs.CreateClusterInput{
			ClusterName: f.ClusterName, CapacityProviders: f.CapacityProviders, Configuration: f.Configuration,
			DefaultCapacityProviderStrategy: f.DefaultCapacityProviderStrategy, Settings: f.Settings, Tags: own,
		}},
		Owner:   owner,
		Outputs: map[string][]string{"arn": {aws.ToString(f.ClusterArn)}, "name": {aws.ToString(f.ClusterName)}},
	}
	live.State.Apart = want != nil && want.Apart
	if d := f.ServiceConnectDefaults; d != nil {
		given := (*string)(nil)
		if want != nil && want.Create.ServiceConnectDefaults != nil {
			given = want.Create.ServiceConnectDefaults.Namespace
		}
		live.State.Create.ServiceConnectDefaults = &ecstypes.ClusterServiceConnectDefaultsRequest{Namespace: namespace(d.Namespace, given)}
	}
	switch aws.ToString(f.Status) {
	case "ACTIVE":
	case "DEPROVISIONING":
		live.Phase = slipway.Deleting
	case "FAILED":
		live.Phase, live.Reason = slipway.Broken, "the cluster's status is FAILED"
	default:
		live.Phase, live.Reason = slipway.Changing, "the cluster's status is "+aws.ToString(f.Status)
	}
	return live
}

// namespace is the namespace as it was asked for: ECS answers with an ARN where a
// name was given.
func namespace(described, wanted *string) *string {
	if strings.HasPrefix(aws.ToString(described), "arn:") && aws.ToString(wanted) != "" && !strings.HasPrefix(*wanted, "arn:") {
		return wanted
	}
	return described
}

// Put creates the cluster, or changes its settings and capacity providers.
func (d clusters) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.Cluster], want *model.Cluster) error {
	if have == nil {
		in := want.Create
		strip(&in)
		in.Tags = allTags(c, in.Tags)
		return retried(ctx, c, roleNotReady, func(ctx context.Context) error {
			_, err := client(c).CreateCluster(ctx, &in)
			return awserr.Wrap(err, "create cluster "+aws.ToString(in.ClusterName))
		})
	}
	changed := d.changed(&have.State, want)
	if changed["Settings"] || changed["Configuration"] || changed["ServiceConnectDefaults"] {
		if err := d.update(ctx, c, changed, want); err != nil {
			return err
		}
	}
	if changed["CapacityProviders"] || changed["DefaultCapacityProviderStrategy"] {
		err := putCapacity(ctx, c, &awsecs.PutClusterCapacityProvidersInput{
			Cluster: want.Create.ClusterName, CapacityProviders: want.Create.CapacityProviders,
			DefaultCapacityProviderStrategy: want.Create.DefaultCapacityProviderStrategy,
		}, have.State.Create.CapacityProviders)
		if err != nil {
			return err
		}
	}
	return putTags(ctx, c, output(have, "arn"), have.Owner, have.State.Create.Tags, want.Create.Tags)
}

// changed names the fields of the create input that differ.
func (d clusters) changed(have, want *model.Cluster) map[string]bool {
	return changedFields(have, want, d.Effects(), d.Unmanaged(want))
}

// changedFields names the fields of the input in Create that differ, except those
// below a path of ignore.
func changedFields(have, want any, e slipway.Effects, ignore []string) map[string]bool {
	changed := map[string]bool{}
	for _, c := range diff.Compare(have, want, diff.Options{Keys: e.Keys, Sets: e.Sets, Ignore: slices.Concat(e.Ignore, ignore)}) {
		_, rest, _ := strings.Cut(c.Field, ".")
		field, _, _ := strings.Cut(rest, ".")
		changed[field] = true
	}
	return changed
}

func (clusters) update(ctx context.Context, c slipway.Call, changed map[string]bool, want *model.Cluster) error {
	in := &awsecs.UpdateClusterInput{Cluster: want.Create.ClusterName}
	if changed["Settings"] {
		in.Settings = want.Create.Settings
	}
	if changed["Configuration"] {
		configuration := *want.Create.Configuration
		strip(&configuration)
		in.Configuration = &configuration
	}
	if changed["ServiceConnectDefaults"] {
		in.ServiceConnectDefaults = want.Create.ServiceConnectDefaults // an empty name takes it away
	}
	_, err := client(c).UpdateCluster(ctx, in)
	return awserr.Wrap(err, "update cluster "+aws.ToString(in.Cluster))
}

// Delete deletes the cluster, once the last tasks are gone.
func (clusters) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.Cluster]) error {
	return retried(ctx, c, stillUsed, func(ctx context.Context) error {
		if err := stopLoose(ctx, c, output(have, "arn"), "the cluster is being deleted", nil); err != nil {
			return err
		}
		_, err := client(c).DeleteCluster(ctx, &awsecs.DeleteClusterInput{Cluster: aws.String(output(have, "arn"))})
		if awserr.Is(err, "ClusterNotFoundException") {
			return nil
		}
		return awserr.Wrap(err, "delete cluster "+output(have, "name"))
	})
}

// stopLoose stops the tasks that no service looks after, such as those of jobs: ECS
// deletes no cluster and takes away no capacity provider that has any. Without a filter
// it is all of them.
func stopLoose(ctx context.Context, c slipway.Call, cluster, reason string, only func(*ecstypes.Task) bool) error {
	pages := awsecs.NewListTasksPaginator(client(c), &awsecs.ListTasksInput{Cluster: &cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "ClusterNotFoundException") {
			return nil
		}
		if err != nil {
			return awserr.Wrap(err, "list tasks")
		}
		tasks, err := describeTasks(ctx, c, cluster, page.TaskArns)
		if err != nil {
			return err
		}
		for i := range tasks {
			t := &tasks[i]
			if strings.HasPrefix(aws.ToString(t.Group), "service:") || (only != nil && !only(t)) {
				continue
			}
			_, err := client(c).StopTask(ctx, &awsecs.StopTaskInput{Cluster: &cluster, Task: t.TaskArn, Reason: &reason})
			if err != nil && !awserr.Is(err, "InvalidParameterException") { // it is gone
				return awserr.Wrap(err, "stop task "+lastPart(aws.ToString(t.TaskArn)))
			}
		}
	}
	return nil
}

func stillUsed(err error) bool {
	return awserr.Is(err, "ClusterContainsTasksException", "ClusterContainsServicesException", "UpdateInProgressException")
}

// Tag marks the cluster.
func (clusters) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.Cluster]) error {
	return tag(ctx, c, output(have, "arn"))
}

// List finds the clusters that the stack owns.
func (clusters) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.Cluster], error) {
	names, err := clusterNames(ctx, c)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	found, err := describeClusters(ctx, c, names)
	if err != nil {
		return nil, err
	}
	var own []*slipway.Live[model.Cluster]
	for _, name := range names {
		if f, ok := found[name]; ok {
			if live := rebuildCluster(f, nil); live.Owner.Stack == c.Stack {
				own = append(own, live)
			}
		}
	}
	return own, nil
}

func clusterNames(ctx context.Context, c slipway.Call) ([]string, error) {
	var names []string
	pages := awsecs.NewListClustersPaginator(client(c), &awsecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list clusters")
		}
		for _, arn := range page.ClusterArns {
			names = append(names, lastPart(arn))
		}
	}
	return names, nil
}

// Permissions says what a caller needs.
func (clusters) Permissions(have *slipway.Live[model.Cluster], want *model.Cluster) []slipway.Permission {
	name := output(have, "name")
	if want != nil {
		name = aws.ToString(want.Create.ClusterName)
	}
	one := slipway.Permission{Actions: []string{"ecs:DeleteCluster"}, Resources: []string{ownARN("ecs", "cluster/"+name)}}
	all := []slipway.Permission{anywhere("ecs:DescribeCapacityProviders", "ecs:DescribeClusters", "ecs:ListClusters")}
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		stop := slipway.Permission{Actions: []string{"ecs:DescribeTasks", "ecs:StopTask"}, Resources: []string{ownARN("ecs", "task/"+name+"/*")}}
		return append(all, one, stop, anywhere("ecs:ListTasks"))
	case have == nil:
		one.Actions = []string{"ecs:CreateCluster", "ecs:TagResource"}
		return append(all, one, serviceLinkedRole())
	default:
		one.Actions = []string{"ecs:PutClusterCapacityProviders", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster"}
		return append(all, one)
	}
}

// serviceLinkedRole lets the caller have AWS make ECS's own role, which it does the first
// time.
func serviceLinkedRole() slipway.Permission {
	const service = "ecs.amazonaws.com"
	return slipway.Permission{
		Actions:    []string{"iam:CreateServiceLinkedRole"},
		Resources:  []string{fmt.Sprintf("arn:%s:iam::%s:role/aws-service-role/%s/*", slipway.Self("partition"), slipway.Self("account"), service)},
		Conditions: map[string]map[string][]string{"StringEquals": {"iam:AWSServiceName": {service}}},
	}
}
