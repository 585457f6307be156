// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// declaredCluster declares a cluster that the stack owns.
func (x *exporter) declaredCluster(s *model.Cluster) expressed[Cluster] {
	in := &s.Create
	c := gosource.Call(x.p, NewCluster(text(in.ClusterName)), "ecs.NewCluster", text(in.ClusterName))
	for _, setting := range in.Settings {
		if level := Insights(text(setting.Value)); setting.Name == ecstypes.ClusterSettingNameContainerInsights && level != InsightsOff {
			c = c.Then(c.V.WithInsights(level), "WithInsights", level)
		}
	}
	c = x.clusterCapacity(c, s)
	if d := in.ServiceConnectDefaults; d != nil && text(d.Namespace) != "" {
		c = c.Then(c.V.WithNamespace(text(d.Namespace)), "WithNamespace", text(d.Namespace))
	}
	if in.Configuration != nil {
		c = x.clusterConfiguration(c, in.Configuration)
	}
	for _, t := range in.Tags {
		c = c.Then(c.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return x.overriddenCluster(c, s)
}

func (x *exporter) clusterConfiguration(c expressed[Cluster], config *ecstypes.ClusterConfiguration) expressed[Cluster] {
	if m := config.ManagedStorageConfiguration; m != nil && text(m.FargateEphemeralStorageKmsKeyId) != "" {
		key := text(m.FargateEphemeralStorageKmsKeyId)
		c = c.Then(c.V.WithStorageKMS(key), "WithStorageKMS", key)
	}
	e := config.ExecuteCommandConfiguration
	if e == nil {
		return c
	}
	if key := text(e.KmsKeyId); key != "" {
		c = c.Then(c.V.WithExecKMS(key), "WithExecKMS", key)
	}
	switch {
	case e.Logging == ecstypes.ExecuteCommandLoggingNone:
		c = c.Then(c.V.WithoutExecLogging(), "WithoutExecLogging")
	case e.Logging == ecstypes.ExecuteCommandLoggingOverride && e.LogConfiguration != nil:
		logs := x.execLogging(e.LogConfiguration)
		c = c.Then(c.V.WithExecLogging(logs.V), "WithExecLogging", logs)
	}
	return c
}

func (x *exporter) execLogging(l *ecstypes.ExecuteCommandLogConfiguration) expressed[ExecLogging] {
	value := ExecLogging{
		Bucket: text(l.S3BucketName), Prefix: text(l.S3KeyPrefix), EncryptGroup: l.CloudWatchEncryptionEnabled, EncryptBucket: l.S3EncryptionEnabled,
	}
	var fields []gosource.Field
	if name := text(l.CloudWatchLogGroupName); name != "" {
		group := x.logGroup(name)
		value.Group = group.V
		fields = append(fields, gosource.Field{Name: "Group", Value: group})
	}
	for _, f := range []gosource.Field{
		{Name: "Bucket", Value: value.Bucket}, {Name: "Prefix", Value: value.Prefix},
		{Name: "EncryptGroup", Value: value.EncryptGroup}, {Name: "EncryptBucket", Value: value.EncryptBucket},
	} {
		if !reflect.ValueOf(f.Value).IsZero() {
			fields = append(fields, f)
		}
	}
	return gosource.Of(x.p, value, x.p.Struct("ecs.ExecLogging", fields...))
}

// overriddenCluster sets what the cluster's builder does not offer.
func (x *exporter) overriddenCluster(c expressed[Cluster], s *model.Cluster) expressed[Cluster] {
	desired, err := c.V.Build()
	if err != nil {
		x.leavef("the cluster cannot be declared: %s", err)
		return c
	}
	want, ok := desired.State.(*model.Cluster)
	if !ok {
		return c
	}
	live, raw, declared := *s, s.Create, *want
	clusters{}.Defaults(&live)
	clusters{}.Defaults(&declared)
	strip(&raw)
	set := &assignments{p: x.p, root: reflect.ValueOf(&raw).Elem()}
	for _, d := range differing(&live, &declared, clusters{}.Effects(), "Create.") {
		if !want.Apart || !strings.Contains(d.Path, "CapacityProvider") { // those are a thing of their own
			set.from(d.Path, "")
		}
	}
	if len(set.paths) == 0 {
		return c
	}
	override := func(in *awsecs.CreateClusterInput) { set.apply(reflect.ValueOf(in).Elem()) }
	return c.Then(c.V.WithOverride(override), "WithOverride", gosource.Of(x.p, override, set.function("*awsecs.CreateClusterInput")))
}

// orZero is a number; 0 where there is none.
func orZero(n *int32) int { return int(aws.ToInt32(n)) }
