// SPDX-License-Identifier: Apache-2.0

package world

// Group is an Auto Scaling group.
type Group struct {
	ARN, Name         string
	Min, Max, Desired int
	// Protects: new instances are protected from scale-in.
	Protects bool
	// Template and Types are what instances are launched from and as; Types has one
	// entry unless the group mixes instances.
	Template, Version string
	Types             []string
	// Subnets that it launches into.
	Subnets   []string
	Instances []GroupInstance
	// Deleting: the group is on its way out.
	Deleting bool
	Tags     map[string]string
}

// GroupInstance is an instance of a group.
type GroupInstance struct {
	ID string
	// Lifecycle is that of the Auto Scaling API, such as "Pending", "InService",
	// "Terminating:Wait".
	Lifecycle string
	Protected bool
}

// Groups are met by the EC2 Auto Scaling fake, for the capacity providers of ECS.
type Groups interface {
	// Group returns a group by name or ARN.
	Group(region, nameOrARN string) (Group, bool)
	// SetDesired changes the number of instances, within the group's bounds. cause
	// stands in the scaling activity.
	SetDesired(region, group string, n int, cause string)
	// Protect sets the scale-in protection of an instance.
	Protect(region, group, instance string, on bool)
	// Tag sets a tag of the group.
	Tag(region, group, key, value string)
	// HoldTerminating has instances of the group wait in "Terminating:Wait" until
	// [Groups.Release], as a lifecycle hook of that name would; on false takes it away.
	HoldTerminating(region, group, hook string, on bool)
	// Release lets an instance that waits for the hook be terminated.
	Release(region, group, hook, instance string)
	// OnGroup has f called whenever the group's numbers change, or the lifecycle of one of
	// its instances; instance is empty for the former.
	OnGroup(f func(region, group, instance string))
}
