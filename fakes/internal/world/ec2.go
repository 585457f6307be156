// SPDX-License-Identifier: Apache-2.0

package world

// EC2Limits are what EC2 does not have for new instances. The zero value has room for
// all. Instances that were launched before stay.
type EC2Limits struct {
	// Full are the pools that have no capacity left for on-demand instances, FullSpot
	// those that have none left for Spot instances.
	Full, FullSpot []CapacityPool
	// VCPUs and SpotVCPUs are the account's quotas, in a region, of vCPUs that running
	// on-demand and Spot instances have at a time; 0 is no quota.
	// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
	VCPUs, SpotVCPUs int
}

// CapacityPool are the instances of a type in a zone: "m5.large" in "us-east-1a". An
// empty Zone means every zone, an empty Type every type.
type CapacityPool struct{ Zone, Type string }
