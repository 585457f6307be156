// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// processes are what a group does by itself, by name.
var processes = []string{
	"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
}

func registerProcesses(s *sim.Service, f *Fake) {
	sim.Handle(s, "SuspendProcesses", f.suspend,
		onGroups("SuspendProcesses", func(in *awsasg.SuspendProcessesInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "ResumeProcesses", f.resume,
		onGroups("ResumeProcesses", func(in *awsasg.ResumeProcessesInput) *string { return in.AutoScalingGroupName }))
}

// named are the processes that a call means: all of them if it names none.
func named(list []string) ([]string, error) {
	for _, name := range list {
		if !slices.Contains(processes, name) {
			return nil, invalid("Unrecognized process name: " + name)
		}
	}
	if len(list) == 0 {
		return processes, nil
	}
	return list, nil
}

func (f *Fake) suspend(c *sim.Call, in *awsasg.SuspendProcessesInput) (*awsasg.SuspendProcessesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	list, err := named(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	for _, name := range list {
		g.suspended[name] = "User suspended at " + c.Now().UTC().Format("2006-01-02T15:04:05Z")
	}
	return &awsasg.SuspendProcessesOutput{}, nil
}

// resume has the group look at itself: what went on without a process is done now.
func (f *Fake) resume(c *sim.Call, in *awsasg.ResumeProcessesInput) (*awsasg.ResumeProcessesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	list, err := named(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	for _, name := range list {
		delete(g.suspended, name)
	}
	for _, m := range slices.Clone(g.members) {
		switch {
		case m.leaving() || m.warm():
		case m.unhealthy || !m.lives():
			m.failed(endedOutside, "")
		case m.serves():
			m.balancersSay()
		}
	}
	g.plan()
	return &awsasg.ResumeProcessesOutput{}, nil
}

func registerTypes(s *sim.Service, f *Fake) {
	sim.Handle(s, "DescribeScalingProcessTypes",
		func(*sim.Call, *awsasg.DescribeScalingProcessTypesInput) (*awsasg.DescribeScalingProcessTypesOutput, error) {
			out := &awsasg.DescribeScalingProcessTypesOutput{}
			for _, name := range processes {
				out.Processes = append(out.Processes, asgtypes.ProcessType{ProcessName: aws.String(name)})
			}
			return out, nil
		})
	sim.Handle(s, "DescribeLifecycleHookTypes",
		func(*sim.Call, *awsasg.DescribeLifecycleHookTypesInput) (*awsasg.DescribeLifecycleHookTypesOutput, error) {
			return &awsasg.DescribeLifecycleHookTypesOutput{LifecycleHookTypes: []string{launching, terminating}}, nil
		})
	sim.Handle(s, "DescribeTerminationPolicyTypes",
		func(*sim.Call, *awsasg.DescribeTerminationPolicyTypesInput) (*awsasg.DescribeTerminationPolicyTypesOutput, error) {
			return &awsasg.DescribeTerminationPolicyTypesOutput{TerminationPolicyTypes: rules.TerminationPolicies()}, nil
		})
	sim.Handle(s, "DescribeAccountLimits", f.limits)
}

// The account's quotas, see
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html.
const (
	maxGroups         = 500
	maxConfigurations = 200
)

func (f *Fake) limits(c *sim.Call, _ *awsasg.DescribeAccountLimitsInput) (*awsasg.DescribeAccountLimitsOutput, error) {
	return &awsasg.DescribeAccountLimitsOutput{
		MaxNumberOfAutoScalingGroups: aws.Int32(maxGroups), MaxNumberOfLaunchConfigurations: aws.Int32(maxConfigurations),
		NumberOfAutoScalingGroups: aws.Int32(int32(len(f.regions.In(c).groups))), NumberOfLaunchConfigurations: aws.Int32(0),
	}, nil
}
