// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

// ClusterRef is a cluster: a declared [Cluster] or an existing one by
// [ClusterNamed]. The set is sealed.
type ClusterRef interface {
	// ClusterName returns the cluster's name.
	ClusterName() string
	// Resources returns what must be declared with the cluster, or comes before.
	Resources() []slipway.Resource

	// clusterRef is what services give as their cluster.
	clusterRef() string
}

// ClusterNamed returns the existing cluster of that name.
func ClusterNamed(name string) ClusterRef { return existingCluster(name) }

type existingCluster string

func (c existingCluster) ClusterName() string { return string(c) }

func (c existingCluster) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindCluster, Name: string(c)})}
}

func (c existingCluster) clusterRef() string { return string(c) }

// Insights is how much CloudWatch is told of a cluster.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights.html
type Insights string

// The levels of Container Insights. The zero value leaves it to the account's
// setting.
const (
	InsightsOff      Insights = "disabled"
	InsightsOn       Insights = "enabled"
	InsightsEnhanced Insights = "enhanced"
)

// Capacity is a share of the tasks for one of Fargate's capacity providers.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type Capacity struct {
	// Provider is [Fargate] or [FargateSpot].
	Provider CapacityProvider
	// Base is how many tasks, at least, run on this provider, 0 to 100000. Only one
	// may have a base.
	Base int
	// Weight is the share of the tasks above the base, 0 to 1000, relative to the
	// others. At least one must have a weight.
	Weight int
}

// CapacityProvider is where tasks run.
type CapacityProvider string

// Fargate's capacity providers.
const (
	// Fargate is capacity of one's own, on demand.
	Fargate CapacityProvider = "FARGATE"
	// FargateSpot is spare capacity, cheaper, which AWS may take back at two
	// minutes' notice.
	FargateSpot CapacityProvider = "FARGATE_SPOT"
)

func (c Capacity) item() ecstypes.CapacityProviderStrategyItem {
	return ecstypes.CapacityProviderStrategyItem{
		CapacityProvider: aws.String(string(c.Provider)), Base: clamp(c.Base), Weight: clamp(c.Weight),
	}
}

// share is a share of tasks for a capacity provider.
type share interface {
	item() ecstypes.CapacityProviderStrategyItem
}

func strategyOf[S share](shares []S) []ecstypes.CapacityProviderStrategyItem {
	var all []ecstypes.CapacityProviderStrategyItem
	for _, s := range shares {
		all = append(all, s.item())
	}
	return all
}

// ExecLogging is where the sessions of ECS Exec are recorded.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandLogConfiguration.html
type ExecLogging struct {
	// Group of CloudWatch Logs; none if nil.
	Group LogGroupRef
	// Bucket of S3 and the prefix of its objects; none if empty.
	Bucket, Prefix string
	// EncryptGroup and EncryptBucket demand that the group, the bucket, are
	// encrypted.
	EncryptGroup, EncryptBucket bool
}

// Cluster declares a cluster, on which Fargate, Fargate Spot and its Managed Instances can
// be used, and the capacity providers of instances that it is given.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
type Cluster struct {
	name       string
	insights   Insights
	providers  []InstanceProvider
	strategy   []share
	namespace  string
	connect    cloudmap.NamespaceRef
	exec       *ExecLogging
	execKey    string
	withoutLog bool
	storageKey string
	tags       map[string]string
	overrides  []func(*awsecs.CreateClusterInput)
}

// NewCluster declares the cluster of that name: up to 255 letters, digits, hyphens
// and underscores.
func NewCluster(name string) Cluster { return Cluster{name: name} }

// WithInsights sets the level of Container Insights.
func (c Cluster) WithInsights(i Insights) Cluster {
	c.insights = i
	return c
}

// WithCapacity adds to the default strategy: how tasks of services that have no
// strategy and no launch type of their own are shared out. Services of this
// package always have one.
func (c Cluster) WithCapacity(share Capacity) Cluster {
	c.strategy = append(slices.Clip(c.strategy), share)
	return c
}

// WithCapacityProvider associates a capacity provider of instances with the cluster,
// besides Fargate's. Up to 20 in all.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
func (c Cluster) WithCapacityProvider(p InstanceProvider) Cluster {
	c.providers = append(slices.Clip(c.providers), p)
	return c
}

// WithInstanceCapacity adds to the default strategy a share for a provider of instances,
// which it also associates with the cluster. No strategy has shares for Fargate, too. As
// with [Cluster.WithCapacity], services of this package do not go by it: one without
// [EC2Service.WithCapacity] has the launch type EC2, for which no instance is launched.
func (c Cluster) WithInstanceCapacity(share InstanceCapacity) Cluster {
	c.strategy = append(slices.Clip(c.strategy), share)
	return c
}

// WithManagedCapacity adds to the default strategy a share for Managed Instances of the
// cluster. No strategy has shares for Fargate, too. As with [Cluster.WithCapacity],
// services of this package do not go by it.
func (c Cluster) WithManagedCapacity(share ManagedCapacity) Cluster {
	c.strategy = append(slices.Clip(c.strategy), share)
	return c
}

// WithNamespace sets the namespace of Service Connect for services that name none:
// a name, which ECS creates in Cloud Map if need be, or an ARN.
func (c Cluster) WithNamespace(nameOrARN string) Cluster {
	c.namespace = nameOrARN
	return c
}

// WithServiceConnect is [Cluster.WithNamespace] for a namespace that may be declared with the
// cluster.
func (c Cluster) WithServiceConnect(in cloudmap.NamespaceRef) Cluster {
	c.connect = in
	return c
}

// WithExecLogging records the sessions of ECS Exec. By default they go where the
// container's own output goes, if that is CloudWatch Logs.
func (c Cluster) WithExecLogging(l ExecLogging) Cluster {
	c.exec = &l
	return c
}

// WithoutExecLogging records no sessions of ECS Exec.
func (c Cluster) WithoutExecLogging() Cluster {
	c.withoutLog = true
	return c
}

// WithExecKMS encrypts the sessions of ECS Exec with a KMS key by its ARN, which
// the task role must be allowed to use.
func (c Cluster) WithExecKMS(keyARN string) Cluster {
	c.execKey = keyARN
	return c
}

// WithStorageKMS encrypts the ephemeral storage of Fargate tasks with a KMS key by
// its ARN.
func (c Cluster) WithStorageKMS(keyARN string) Cluster {
	c.storageKey = keyARN
	return c
}

// WithTag sets a tag.
func (c Cluster) WithTag(key, value string) Cluster {
	c.tags = with(c.tags, key, value)
	return c
}

// WithOverride has f change the input of CreateCluster after everything else, for
// what this builder does not offer.
func (c Cluster) WithOverride(f func(*awsecs.CreateClusterInput)) Cluster {
	c.overrides = append(slices.Clip(c.overrides), f)
	return c
}

// ID names the cluster.
func (c Cluster) ID() slipway.ID { return slipway.ID{Kind: model.KindCluster, Name: c.name} }

// ClusterName returns the cluster's name.
func (c Cluster) ClusterName() string { return c.name }

// ARN returns the cluster's ARN, as a placeholder.
func (c Cluster) ARN() string { return slipway.Ref(c.ID(), "arn") }

// Resources returns the cluster itself.
func (c Cluster) Resources() []slipway.Resource { return []slipway.Resource{c} }

func (c Cluster) clusterRef() string { return slipway.Ref(c.ID(), "name") }

// Build returns the wanted state.
func (c Cluster) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(c.problems()); err != nil {
		return slipway.Desired{}, err
	}
	in := awsecs.CreateClusterInput{ClusterName: aws.String(c.name), Tags: tagList(c.tags), Configuration: c.configuration()}
	capacity, apart := c.capacity()
	if !apart {
		in.CapacityProviders, in.DefaultCapacityProviderStrategy = capacity.providerNames(), strategyOf(c.strategy)
	}
	if c.insights != "" {
		in.Settings = []ecstypes.ClusterSetting{{Name: ecstypes.ClusterSettingNameContainerInsights, Value: aws.String(string(c.insights))}}
	}
	if c.namespace != "" {
		in.ServiceConnectDefaults = &ecstypes.ClusterServiceConnectDefaultsRequest{Namespace: aws.String(c.namespace)}
	}
	var uses []slipway.Resource
	if c.connect != nil {
		in.ServiceConnectDefaults = &ecstypes.ClusterServiceConnectDefaultsRequest{Namespace: aws.String(c.connect.ARN())}
		uses = slices.Clip(c.connect.Resources())
	}
	overridden := override.Run("Create.", &in, c.overrides...)
	if c.exec != nil && c.exec.Group != nil {
		uses = append(uses, c.exec.Group.Resources()...)
	}
	if apart {
		uses = append(uses, capacity)
	}
	return slipway.Desired{Kind: clusterKind(), State: &model.Cluster{Create: in, Apart: apart}, Uses: uses, Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject.
func (c Cluster) Validate() error { return validate(c, clusters{}) }

func (c Cluster) configuration() *ecstypes.ClusterConfiguration {
	var config ecstypes.ClusterConfiguration
	if c.exec != nil || c.withoutLog || c.execKey != "" {
		config.ExecuteCommandConfiguration = c.execConfiguration()
	}
	if c.storageKey != "" {
		config.ManagedStorageConfiguration = &ecstypes.ManagedStorageConfiguration{FargateEphemeralStorageKmsKeyId: aws.String(c.storageKey)}
	}
	if config.ExecuteCommandConfiguration == nil && config.ManagedStorageConfiguration == nil {
		return nil
	}
	return &config
}

func (c Cluster) execConfiguration() *ecstypes.ExecuteCommandConfiguration {
	e := &ecstypes.ExecuteCommandConfiguration{KmsKeyId: set(c.execKey), Logging: ecstypes.ExecuteCommandLoggingDefault}
	switch {
	case c.withoutLog:
		e.Logging = ecstypes.ExecuteCommandLoggingNone
	case c.exec != nil:
		e.Logging = ecstypes.ExecuteCommandLoggingOverride
		e.LogConfiguration = &ecstypes.ExecuteCommandLogConfiguration{
			S3BucketName: set(c.exec.Bucket), S3KeyPrefix: set(c.exec.Prefix),
			CloudWatchEncryptionEnabled: c.exec.EncryptGroup, S3EncryptionEnabled: c.exec.EncryptBucket,
		}
		if c.exec.Group != nil {
			e.LogConfiguration.CloudWatchLogGroupName = aws.String(c.exec.Group.LogGroupName())
		}
	}
	return e
}
