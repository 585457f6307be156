// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	modelecs "github.com/slipway-go/slipway/internal/model/ecs"
)

// clusterARN is the ARN of a cluster, as a placeholder.
func clusterARN(c ClusterRef) string {
	if declared, ok := c.(Cluster); ok {
		return slipway.Ref(declared.ID(), "arn")
	}
	return ownARN("ecs", "cluster/"+c.ClusterName())
}

// grants is the role of the schedule with what it needs and no more: to run this task
// definition, in any revision, on this cluster, and to hand it its roles.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role
func (s Schedule) grants(run *awsecs.RunTaskInput, group scheduleGroup) (iam.RoleRef, error) {
	role, declared := s.role.(iam.Role)
	if s.role != nil && !declared {
		return s.role, nil
	}
	statements, err := s.statements(run)
	if err != nil {
		return nil, err
	}
	name := s.job.cluster.ClusterName() + "-" + s.name + "-schedule"
	if declared {
		role = role.WithPolicy(shortened("schedule-"+s.name, maxPolicyName), iam.Policy{Statements: statements})
	} else {
		role = iam.NewDerivedRole(shortened(name, maxDerivedRole))
		for _, statement := range statements {
			role = role.WithStatement(statement)
		}
	}
	return role.WithTrust(iam.ServicePrincipal{
		Service: "scheduler.amazonaws.com", SourceAccount: slipway.Self("account"), SourceARN: group.arn(),
	}), nil
}

func (s Schedule) statements(run *awsecs.RunTaskInput) ([]iam.Statement, error) {
	definition, err := s.job.task.Build()
	if err != nil {
		return nil, err
	}
	family := ownARN("ecs", "task-definition/"+s.job.task.family)
	onCluster := iam.Conditions{"ArnEquals": {"ecs:cluster": {clusterARN(s.job.cluster)}}}
	statements := []iam.Statement{{Actions: []string{"ecs:RunTask"}, Resources: []string{family, family + ":*"}, Conditions: onCluster}}
	if len(run.Tags) > 0 {
		statements = append(statements, iam.Statement{
			Actions: []string{"ecs:TagResource"}, Resources: []string{ownARN("ecs", "task/"+s.job.cluster.ClusterName()+"/*")},
			Conditions: iam.Conditions{"StringEquals": {"ecs:CreateAction": {"RunTask"}}},
		})
	}
	if roles := passed(definition, run.Overrides); len(roles) > 0 {
		statements = append(statements, iam.Statement{
			Actions: []string{"iam:PassRole"}, Resources: roles, Conditions: iam.Conditions{"StringEquals": {"iam:PassedToService": {tasksPrincipal}}},
		})
	}
	if s.deadLetter != "" {
		statements = append(statements, iam.Statement{Actions: []string{"sqs:SendMessage"}, Resources: []string{s.deadLetter}})
	}
	return statements, nil
}

// passed are the roles of a task definition, and those that take their place.
func passed(definition slipway.Desired, o *ecstypes.TaskOverride) []string {
	state, ok := definition.State.(*modelecs.TaskDefinition)
	if !ok {
		return nil
	}
	all := []*string{state.Register.ExecutionRoleArn, state.Register.TaskRoleArn}
	if o != nil {
		all = append(all, o.ExecutionRoleArn, o.TaskRoleArn)
	}
	var roles []string
	for _, r := range all {
		if r != nil {
			roles = append(roles, aws.ToString(r))
		}
	}
	return roles
}
