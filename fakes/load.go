// SPDX-License-Identifier: Apache-2.0

package fakes

import "time"

// GroupLoad says how much CPU the instances of an EC2 Auto Scaling group use in the cloud's
// region, in percent on average: load is asked once a minute with how many are in service.
// CloudWatch gets it as CPUUtilization of AWS/EC2 by AutoScalingGroupName, and alarms and
// scaling policies act on it. A group that has no instance in service publishes nothing;
// nil ends it.
//
// load is called under the cloud's lock: it must depend on its arguments only and may not
// use the cloud.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-cloudwatch-monitoring.html
func (c *Cloud) GroupLoad(group string, load func(t time.Time, serving int) float64) {
	c.sim.Do(func() { c.parts.asg.SetLoad(c.opts.Region, group, load) })
}
