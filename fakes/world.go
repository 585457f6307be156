// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// FargateLimits are what Fargate does not have for new tasks.
type FargateLimits = world.FargateLimits

// Fargate says what Fargate does not have from now on; the zero value lifts all
// limits. Services go on trying, ever more seldom, RunTask answers with failures.
func (c *Cloud) Fargate(l FargateLimits) {
	c.sim.Do(func() { c.parts.ecs.SetFargate(l) })
}

// Quota changes how many of something the account may have in each region, as a
// granted request does, or as one that is smaller to begin with: service and code are
// those of Service Quotas, such as "elasticloadbalancing" and "L-53DA6B97". What is
// there already stays. The error says that the simulation keeps to no such quota; those
// of Fargate are [Cloud.Fargate]'s.
func (c *Cloud) Quota(service, code string, most int) error {
	known := false
	c.sim.Do(func() { known = c.quotas.Set(service, code, most) })
	if !known {
		return fmt.Errorf("quota %s of %s is not simulated", code, service)
	}
	return nil
}

// HookEvent is what ECS hands to the Lambda function of a lifecycle hook.
type HookEvent = world.HookEvent

// HookAnswer is what the function answers.
type HookAnswer = world.HookAnswer

// Function says what a Lambda function answers when ECS calls it as the lifecycle hook
// of a deployment. It runs under the lock of the cloud, so it must not call AWS. A
// function that no one has declared cannot be called, and fails the deployment.
func (c *Cloud) Function(arn string, answer func(HookEvent) HookAnswer) {
	c.sim.Do(func() { c.parts.ecs.SetFunction(arn, answer) })
}

// AgentVersion says which version of the ECS agent is the newest, such as "1.100.0":
// instances that boot from now on have it, and UpdateContainerAgent brings it to those
// that are there.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/agent-update-ecs-ami.html
func (c *Cloud) AgentVersion(version string) {
	c.sim.Do(func() { c.parts.ecs.SetAgent(version) })
}

// EC2Limits are what EC2 does not have for new instances.
type EC2Limits = world.EC2Limits

// CapacityPool are the EC2 instances of a type in a zone.
type CapacityPool = world.CapacityPool

// EC2 says what EC2 does not have from now on; the zero value lifts all limits. What is
// launched meets InsufficientInstanceCapacity, or the quota.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
func (c *Cloud) EC2(l EC2Limits) {
	c.sim.Do(func() { c.parts.ec2.SetLimits(l) })
}

// InterruptSpot has AWS take Spot capacity away: a task on Fargate Spot, by ARN, or an
// EC2 Spot instance, by id. The error says why there is nothing to interrupt.
//
// The containers of the task get SIGTERM and have until their stop timeout, at most two
// minutes. A service starts another task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
//
// The instance is told, and terminated two minutes later.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
func (c *Cloud) InterruptSpot(taskOrInstance string) (err error) {
	c.sim.Do(func() {
		if strings.HasPrefix(taskOrInstance, "i-") {
			err = c.parts.ec2.InterruptSpot(taskOrInstance)
			return
		}
		err = c.parts.ecs.InterruptSpot(taskOrInstance)
	})
	return err
}

// KillInstance has an EC2 instance die with its host: it is terminated at once, without a
// warning. The error says why there is nothing to kill.
func (c *Cloud) KillInstance(id string) (err error) {
	c.sim.Do(func() { err = c.parts.ec2.Kill(id) })
	return err
}

// LoseZone takes a zone such as "us-east-1a" away: every EC2 instance and every task in it
// goes at once, and nothing starts there until [Cloud.RestoreZone]. The error says that
// there is no such zone, or that it is lost already.
func (c *Cloud) LoseZone(zone string) (err error) {
	c.sim.Do(func() { err = c.parts.ec2.LoseZone(zone) })
	return err
}

// RestoreZone brings a lost zone back. What was in it does not return by itself.
func (c *Cloud) RestoreZone(zone string) (err error) {
	c.sim.Do(func() { err = c.parts.ec2.RestoreZone(zone) })
	return err
}
