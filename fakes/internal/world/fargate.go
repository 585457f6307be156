// SPDX-License-Identifier: Apache-2.0

package world

// FargateLimits are what Fargate does not have for new tasks. The zero value has
// room for all. Tasks that were placed before stay.
type FargateLimits struct {
	// Full are the zones, such as "us-east-1a", that have no capacity left.
	Full []string
	// FullSpot are the zones that have none left for Fargate Spot.
	FullSpot []string
	// Without are the zones in which there is no Fargate.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
	Without []string
	// VCPUs and SpotVCPUs are the account's quotas, in a region, of vCPUs that tasks
	// on Fargate and on Fargate Spot have at a time; 0 is no quota. AWS's default is 6.
	// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#service-quotas-fargate
	VCPUs, SpotVCPUs float64
}
