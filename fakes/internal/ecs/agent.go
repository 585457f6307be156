// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) handleAgents() {
	sim.Handle(f.api, "UpdateContainerAgent", f.updateAgent, sim.Needs(onNodes("ecs:UpdateContainerAgent",
		func(in *awsecs.UpdateContainerAgentInput) (*string, []string) {
			return in.Cluster, []string{value(in.ContainerInstance)}
		})))
}

// SetAgent says which version of the ECS agent is the newest.
func (f *Fake) SetAgent(version string) { f.agent = version }

// updateAgent begins an update of an instance's agent.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/agent-update-ecs-ami.html
func (f *Fake) updateAgent(c *sim.Call, in *awsecs.UpdateContainerAgentInput) (*awsecs.UpdateContainerAgentOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	n := cl.node(value(in.ContainerInstance))
	if n == nil || n.status == inactive {
		return nil, nodeNotFound()
	}
	now, known := agentNumbers(value(n.version.AgentVersion))
	newest, _ := agentNumbers(f.agent)
	switch {
	case !known:
		return nil, &ecstypes.MissingVersionException{Message: new("The version of the container agent is not known.")}
	case n.updating():
		return nil, &ecstypes.UpdateInProgressException{Message: new("An update of the container agent is already in progress.")}
	case now[0] < 1 || slices.Compare(now, newest) >= 0: // there is no way from before 1.0.0
		return nil, &ecstypes.NoUpdateAvailableException{Message: new("There is no update available for your container agent.")}
	}
	n.updated(ecstypes.AgentUpdateStatusPending, f.agent)
	return &awsecs.UpdateContainerAgentOutput{ContainerInstance: new(n.view(nil))}, nil
}

// agentNumbers are those of an agent's version, such as 1.99.0.
func agentNumbers(version string) ([]int, bool) {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}

// updating reports whether an update of the agent is under way.
func (n *node) updating() bool {
	switch n.agentUpdate {
	case "", ecstypes.AgentUpdateStatusUpdated, ecstypes.AgentUpdateStatusFailed:
		return false
	}
	return true
}

// updated brings the update of the agent to a version into a status, and goes on from
// there after a while.
func (n *node) updated(status ecstypes.AgentUpdateStatus, version string) {
	n.agentUpdate = status
	n.publish()
	if n.updating() {
		n.cl.r.f.sim.After(n.cl.r.f.timing.Agent, func() {
			if n.status != inactive {
				n.goOnUpdating(version)
			}
		})
	}
}

// goOnUpdating is the agent's next step. One that is not connected never hears of the
// update. While the agent starts again its instance takes no tasks; those that it has go
// on.
func (n *node) goOnUpdating(version string) {
	switch n.agentUpdate {
	case ecstypes.AgentUpdateStatusPending:
		if n.connected {
			n.updated(ecstypes.AgentUpdateStatusStaging, version)
		}
	case ecstypes.AgentUpdateStatusStaging:
		if !n.downloads() {
			n.updated(ecstypes.AgentUpdateStatusFailed, version)
			return
		}
		n.updated(ecstypes.AgentUpdateStatusStaged, version)
	case ecstypes.AgentUpdateStatusStaged:
		n.connected = false
		n.updated(ecstypes.AgentUpdateStatusUpdating, version)
	case ecstypes.AgentUpdateStatusUpdating:
		n.connected, n.version.AgentVersion = n.ec2 == "" || n.answers(), &version
		n.updated(ecstypes.AgentUpdateStatusUpdated, version)
		n.cl.nodesChanged()
	}
}

// downloads reports whether the agent may update itself and gets the update, which lies
// in S3.
func (n *node) downloads() bool {
	return !n.pinned && (n.ec2 == "" || n.cl.r.f.needs.Network.Reaches(n.cl.r.name, n.iface, "s3"))
}

// pinsAgent reports whether the agent of an AMI cannot be updated: on Bottlerocket and on
// Amazon Linux 2 for arm64.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerAgent.html
func pinsAgent(parameter string, bottlerocket bool) bool {
	return bottlerocket || strings.Contains(parameter, "/amazon-linux-2/") && strings.Contains(parameter, "/arm64/")
}
