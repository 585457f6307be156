// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/autoscaling"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

const region = "us-east-1"

// plant stands for the rest of the cloud: it launches what it is asked to.
type plant struct {
	world.Access
	world.Zones
	world.Network
	world.Targets
	world.Metrics
	sim       *sim.Sim
	instances map[string]world.Instance
	tell      func(region string, i world.Instance)
}

func (p *plant) ServiceLinkedRole(string) string           { return "arn:aws:iam::123456789012:role/asg" }
func (p *plant) HasServiceLinkedRole(string) bool          { return true }
func (p *plant) Lost(string) bool                          { return false }
func (p *plant) OnZone(func(string, bool))                 {}
func (p *plant) OnBreach(func(string, world.Breach))       {}
func (p *plant) Dry(string, world.Launch) error            { return nil }
func (p *plant) Stop(string, string)                       {}
func (p *plant) Start(string, string) error                { return nil }
func (p *plant) OnSpotNotice(func(string, world.Instance)) {}

func (p *plant) OnInstance(f func(region string, i world.Instance)) { p.tell = f }

func (p *plant) OnHealth(func(region, arn string, t world.Target, state, reason, description string)) {
}

func (p *plant) Subnet(_, id string) (world.Subnet, bool) {
	return world.Subnet{ID: id, Zone: "us-east-1a", ZoneID: "use1-az1"}, true
}

func (p *plant) Template(string, string, string) (world.Template, error) {
	return world.Template{ID: "lt-1", Name: "host", Version: 3, Type: "m5.large"}, nil
}

func (p *plant) InstanceType(name string) (world.InstanceType, bool) {
	return world.InstanceType{Name: name}, true
}

func (p *plant) Instance(_, id string) (world.Instance, bool) {
	i, ok := p.instances[id]
	return i, ok
}

func (p *plant) enter(id, state string) {
	i := p.instances[id]
	i.State = state
	p.instances[id] = i
	p.tell(region, i)
}

func (p *plant) Launch(string, world.Launch) (world.Instance, error) {
	i := world.Instance{ID: "i-" + strconv.Itoa(len(p.instances)), Type: world.InstanceType{Name: "m5.large"}, State: "pending"}
	p.instances[i.ID] = i
	p.sim.After(time.Second, func() { p.enter(i.ID, "running") })
	return i, nil
}

func (p *plant) Terminate(_, id string) {
	p.sim.After(time.Second, func() { p.enter(id, "terminated") })
}

func TestGroupsAsOthersSeeThem(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	p := &plant{sim: s, instances: map[string]world.Instance{}}
	f := autoscaling.New(s, autoscaling.Needs{
		Access: p, Instances: p, Zones: p, Network: p, Targets: p, Metrics: p,
	})
	var heard []string
	f.OnGroup(func(r, g, instance string) {
		require.Equal(t, region+" fleet", r+" "+g)
		now, ok := f.Group(r, g)
		require.True(t, ok)
		for _, i := range now.Instances {
			if i.ID == instance {
				heard = append(heard, instance+" "+i.Lifecycle)
			}
		}
	})
	s.Do(func() {
		call := &sim.Call{Sim: s, Region: region, Account: s.Account(), Partition: "aws"}
		_, err := f.Services()[0].Operation("CreateAutoScalingGroup").Call(call, &awsasg.CreateAutoScalingGroupInput{
			AutoScalingGroupName: group, MinSize: aws.Int32(0), MaxSize: aws.Int32(2), VPCZoneIdentifier: aws.String("subnet-1"),
			LaunchTemplate:                   &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("host"), Version: aws.String("$Latest")},
			NewInstancesProtectedFromScaleIn: aws.Bool(true),
		})
		require.NoError(t, err)
		f.Tag(region, "fleet", "AmazonECSManaged", "")
		f.SetDesired(region, "fleet", 9, "somebody asked for more,")
	})
	s.Advance(2 * time.Second)
	s.Do(func() {
		g, ok := f.Group(region, "fleet")
		require.True(t, ok)
		byARN, ok := f.Group(region, g.ARN)
		require.True(t, ok)
		require.Equal(t, g, byARN)
		require.Equal(t, 2, g.Desired, "no more than the group may have")
		require.Equal(t, []world.GroupInstance{{ID: "i-0", Lifecycle: "InService", Protected: true}, {ID: "i-1", Lifecycle: "InService", Protected: true}}, g.Instances)
		require.Equal(t, []string{"m5.large"}, g.Types)
		require.Contains(t, g.Tags, "AmazonECSManaged")
		f.HoldTerminating(region, "fleet", "drain", true)
		f.Protect(region, "fleet", "i-1", false)
		f.SetDesired(region, "fleet", 0, "nobody needs it,")
	})
	s.Advance(time.Hour)
	s.Do(func() {
		g, _ := f.Group(region, "fleet")
		require.Equal(t, "Terminating:Wait", g.Instances[1].Lifecycle)
		require.Equal(t, "InService", g.Instances[0].Lifecycle, "it is protected")
		f.Release(region, "fleet", "drain", "i-1")
	})
	s.Advance(2 * time.Second)
	s.Do(func() {
		g, _ := f.Group(region, "fleet")
		require.Len(t, g.Instances, 1)
		_, ok := f.Group(region, "other")
		require.False(t, ok)
	})
	require.Equal(t, []string{
		"i-0 Pending", "i-1 Pending", "i-0 InService", "i-1 InService", "i-1 Terminating", "i-1 Terminating:Wait", "i-1 Terminating:Proceed",
	}, heard)
}
