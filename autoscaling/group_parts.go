// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"time"

	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/iam"
)

// InstanceType is one of several types of a group.
type InstanceType struct {
	// Name such as "m7i.large".
	Name string
	// Weight is how many units of the size one instance counts for, 1 to 999; 0 if types
	// have no weights.
	Weight int
}

// Requirements choose instance types by what they offer. A maximum of 0 is none.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRequirements.html
type Requirements struct {
	// MinVCPUs and MaxVCPUs bound the number of virtual CPUs.
	MinVCPUs, MaxVCPUs int
	// MinMemory and MaxMemory bound the memory in MiB.
	MinMemory, MaxMemory int
	// Allowed are types, or patterns such as "m7*"; all others are out. Not with Excluded.
	Allowed []string
	// Excluded are types, or patterns.
	Excluded []string
	// Manufacturers of CPUs; any if empty.
	Manufacturers []asgtypes.CpuManufacturer
	// CurrentGeneration: no types of earlier generations.
	CurrentGeneration bool
	// Burstable: types whose CPU is limited by credits, too (T family).
	Burstable bool
	// MinGPUs is how many accelerators a type has at least; 0 asks for none.
	MinGPUs int
	// LocalStorage: only types with instance store volumes.
	LocalStorage bool
}

// SpotStrategy is how Spot capacity is chosen.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/allocation-strategies.html
type SpotStrategy string

// The Spot strategies.
const (
	// PriceCapacityOptimized takes the cheapest of the pools least likely to be
	// interrupted. AWS advises it for most.
	PriceCapacityOptimized SpotStrategy = "price-capacity-optimized"
	// CapacityOptimized takes the pools least likely to be interrupted.
	CapacityOptimized SpotStrategy = "capacity-optimized"
	// CapacityOptimizedPrioritized is that, and heeds the order of types where it can.
	CapacityOptimizedPrioritized SpotStrategy = "capacity-optimized-prioritized"
	// LowestPrice takes the cheapest pools, which AWS advises against.
	LowestPrice SpotStrategy = "lowest-price"
)

// OnDemandStrategy is how the types of On-Demand instances are chosen.
type OnDemandStrategy string

// The On-Demand strategies.
const (
	// Prioritized takes the types in their order. It is the default for types.
	Prioritized OnDemandStrategy = "prioritized"
	// CheapestOnDemand takes the type of the lowest price. It is the default for
	// requirements, and the only one.
	CheapestOnDemand OnDemandStrategy = "lowest-price"
)

// Mix says which instances are On-Demand and which Spot. The zero value: all are Spot.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
type Mix struct {
	// OnDemandBase is how much of the size is On-Demand before there is any Spot.
	OnDemandBase int
	// OnDemandPercent is how much of the rest is On-Demand, 0 to 100 percent.
	OnDemandPercent int
	// OnDemand is how their types are chosen; empty is the default.
	OnDemand OnDemandStrategy
	// Spot is how Spot capacity is chosen; PriceCapacityOptimized if empty.
	Spot SpotStrategy
	// SpotPools is how many of the cheapest pools share the instances, 1 to 20, with
	// LowestPrice only; 0 is AWS's default, 2.
	SpotPools int
	// SpotMaxPrice in USD an hour; empty means the On-Demand price, which AWS advises.
	SpotMaxPrice string
}

// WarmPool are instances that were started in advance.
type WarmPool struct {
	// State of the instances in the pool: Stopped if empty.
	State asgtypes.WarmPoolState
	// MinSize is how many instances the pool has at least.
	MinSize int
	// MaxPrepared bounds the instances in the pool and in service together; 0 means the
	// group's maximum.
	MaxPrepared int
	// Reuse: when the group scales in, instances return to the pool.
	Reuse bool
}

// InstanceRefresh is how instances are replaced that are not of the template's version,
// or of other types than the group has by now. The zero value: 90 % of the desired
// capacity stay healthy, instances that match already are skipped, and, unlike AWS's
// default, those protected from scale-in are replaced, too.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
type InstanceRefresh struct {
	// MinHealthy is how much of the desired capacity stays healthy, in percent; 0 means
	// that which the group's [Maintenance] has, or 90. See NoneHealthy.
	MinHealthy int
	// MaxHealthy is how much there may be at a time, 100 to 200 percent and at most 100
	// more than MinHealthy; 0 means that which the group's [Maintenance] has, or 100, so
	// that instances are terminated first.
	MaxHealthy int
	// NoneHealthy: all may be replaced at once. MinHealthy is not set then.
	NoneHealthy bool
	// Warmup is how long a new instance takes until the next is replaced, in whole
	// seconds; 0 means the group's default warm-up, or health check grace period.
	Warmup time.Duration
	// Checkpoints are percentages after which to pause, rising; the last is 100 if all
	// are to be replaced.
	Checkpoints []int
	// CheckpointDelay is how long to pause, in whole seconds; 0 means an hour.
	CheckpointDelay time.Duration
	// Bake is how long to watch Alarms after the last instance, up to two days in whole
	// seconds.
	Bake time.Duration
	// Alarms of CloudWatch, by name, that fail the refresh.
	Alarms []string
	// AutoRollback: a refresh that fails puts back what was. The group keeps its old
	// template until the refresh has succeeded.
	AutoRollback bool
	// Protected says what becomes of instances that are protected from scale-in: Refresh
	// replaces them, Ignore leaves them, Wait waits for an hour. Refresh if empty, since
	// those of capacity providers are protected.
	Protected asgtypes.ScaleInProtectedInstances
	// Standby says what becomes of instances in standby: Terminate, Ignore or Wait, as
	// AWS does by default.
	Standby asgtypes.StandbyInstances
}

// Transition is when a [LifecycleHook] makes instances wait.
type Transition string

// The transitions.
const (
	Launching   Transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
	Terminating Transition = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// LifecycleHook has instances wait for CompleteLifecycleAction.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
type LifecycleHook struct {
	// Name is unique in the group, up to 255 letters, digits, hyphens, slashes and
	// underscores.
	Name string
	// On is when.
	On Transition
	// Timeout is how long an instance waits, 30 s to 2 h in whole seconds; 0 means an
	// hour.
	Timeout time.Duration
	// Continue: at the end of the time the instance goes on, in place of being abandoned,
	// which terminates it.
	Continue bool
	// Notify is the ARN of a queue of SQS or a topic of SNS that is told; optional. It
	// needs a Role.
	Notify string
	// Role is assumed to notify.
	Role iam.RoleRef
	// Metadata is sent along, up to 1,023 characters.
	Metadata string
}

// HealthCheck is a check beside that of EC2.
type HealthCheck string

// The checks.
const (
	// BalancerHealth replaces instances that the load balancer finds unhealthy.
	BalancerHealth HealthCheck = "ELB"
	// VolumeHealth replaces instances whose volumes do not answer.
	VolumeHealth HealthCheck = "EBS"
	// LatticeHealth replaces instances that VPC Lattice finds unhealthy.
	LatticeHealth HealthCheck = "VPC_LATTICE"
)

// TerminationPolicy chooses which instance goes, or is the ARN of a Lambda function
// that does.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
type TerminationPolicy string

// AWS's policies.
const (
	DefaultTermination   TerminationPolicy = "Default"
	OldestInstance       TerminationPolicy = "OldestInstance"
	NewestInstance       TerminationPolicy = "NewestInstance"
	OldestLaunchTemplate TerminationPolicy = "OldestLaunchTemplate"
	ClosestToNextHour    TerminationPolicy = "ClosestToNextInstanceHour"
	ByAllocationStrategy TerminationPolicy = "AllocationStrategy"
)

// Process is something that the group does.
type Process string

// The processes.
const (
	Launch            Process = "Launch"
	Terminate         Process = "Terminate"
	AddToLoadBalancer Process = "AddToLoadBalancer"
	AlarmNotification Process = "AlarmNotification"
	AZRebalance       Process = "AZRebalance"
	HealthChecks      Process = "HealthCheck"
	Refresh           Process = "InstanceRefresh"
	ReplaceUnhealthy  Process = "ReplaceUnhealthy"
	ScheduledActions  Process = "ScheduledActions"
)

// GroupMetricName is a metric of the group itself, in the namespace AWS/AutoScaling.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
type GroupMetricName string

// The metrics of a group and, with Warm, of its warm pool.
const (
	GroupMinSize              GroupMetricName = "GroupMinSize"
	GroupMaxSize              GroupMetricName = "GroupMaxSize"
	GroupDesiredCapacity      GroupMetricName = "GroupDesiredCapacity"
	GroupInServiceInstances   GroupMetricName = "GroupInServiceInstances"
	GroupPendingInstances     GroupMetricName = "GroupPendingInstances"
	GroupStandbyInstances     GroupMetricName = "GroupStandbyInstances"
	GroupTerminatingInstances GroupMetricName = "GroupTerminatingInstances"
	GroupTotalInstances       GroupMetricName = "GroupTotalInstances"
	GroupInServiceCapacity    GroupMetricName = "GroupInServiceCapacity"
	GroupPendingCapacity      GroupMetricName = "GroupPendingCapacity"
	GroupStandbyCapacity      GroupMetricName = "GroupStandbyCapacity"
	GroupTerminatingCapacity  GroupMetricName = "GroupTerminatingCapacity"
	GroupTotalCapacity        GroupMetricName = "GroupTotalCapacity"
)

// AllGroupMetrics returns the metrics of a group, without those of a warm pool.
func AllGroupMetrics() []GroupMetricName {
	return []GroupMetricName{
		GroupMinSize, GroupMaxSize, GroupDesiredCapacity, GroupInServiceInstances, GroupPendingInstances, GroupStandbyInstances,
		GroupTerminatingInstances, GroupTotalInstances, GroupInServiceCapacity, GroupPendingCapacity, GroupStandbyCapacity,
		GroupTerminatingCapacity, GroupTotalCapacity,
	}
}

// Maintenance bounds how much of the desired capacity is in service while instances are
// replaced, in percent. With 100 and 110, new ones are launched first; with 90 and 100,
// old ones are terminated first.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-maintenance-policy.html
type Maintenance struct {
	// MinHealthy is 0 to 100, MaxHealthy 100 to 200 and at most 100 more.
	MinHealthy, MaxHealthy int
}
