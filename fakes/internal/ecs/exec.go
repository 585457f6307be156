// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) handleExec() {
	sim.Handle(f.api, "ExecuteCommand", f.executeCommand, sim.Needs(onTasks("ecs:ExecuteCommand",
		func(in *awsecs.ExecuteCommandInput) (*string, []string) { return in.Cluster, []string{value(in.Task)} })))
}

// executeCommand opens a session. Nobody listens at its address: the simulation
// has no shells.
func (f *Fake) executeCommand(c *sim.Call, in *awsecs.ExecuteCommandInput) (*awsecs.ExecuteCommandOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	t := cl.tasks[lastPart(value(in.Task))]
	switch {
	case t == nil:
		return nil, invalid("The referenced task was not found.")
	case !in.Interactive:
		return nil, invalid("Interactive must be true.")
	case t.status != running || !t.spec.exec:
		return nil, invalid("The execute command failed because execute command was not enabled when the task was run or the execute command agent " +
			"isn't running. Wait and try again or run a new task with execute command enabled and try again.")
	}
	into, err := t.execContainer(in.Container)
	if err != nil {
		return nil, err
	}
	id := "ecs-execute-command-" + f.sim.ID(17, "ecs-exec", into.arn())
	return &awsecs.ExecuteCommandOutput{
		ClusterArn: &cl.arn, TaskArn: &t.arn, ContainerArn: new(into.arn()), ContainerName: into.def.Name, Interactive: true,
		Session: &ecstypes.Session{
			SessionId: &id, TokenValue: new(f.sim.ID(32, "ecs-exec-token", id)),
			StreamUrl: new("wss://ssmmessages." + cl.r.name + ".amazonaws.com/v1/data-channel/" + id + "?role=publish_subscribe"),
		},
	}, nil
}

// execContainer is the one that is named; a task with one container need not.
func (t *task) execContainer(name *string) (*container, error) {
	if name == nil && len(t.containers) == 1 {
		return t.containers[0], nil
	}
	if c := t.container(value(name)); c != nil {
		return c, nil
	}
	return nil, &ecstypes.TargetNotFoundException{Message: new("The container was not found in the task.")}
}

// agents are those that run in a container for ECS Exec.
func (c *container) agents() []ecstypes.ManagedAgent {
	if !c.t.spec.exec {
		return nil
	}
	a := ecstypes.ManagedAgent{Name: ecstypes.ManagedAgentNameExecuteCommandAgent, LastStatus: new(c.status)}
	if c.status == running {
		a.LastStartedAt = at(c.started)
	}
	return []ecstypes.ManagedAgent{a}
}
