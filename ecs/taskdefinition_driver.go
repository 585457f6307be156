// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	"github.com/slipway-go/slipway/internal/diff"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// taskDefinitions is the driver of task definitions: of the newest active revision
// of a family.
type taskDefinitions struct {
	family
	awsid.Identity
}

// Before names what must be gone first: services run tasks.
func (taskDefinitions) Before() []string {
	return []string{model.KindService, model.KindExpressService}
}

// Effects says that every change makes a new revision; tags alone do not.
func (taskDefinitions) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.Revise,
		Fields: map[string]slipway.Effect{
			"Register.Family": slipway.NewName,
			"Register.Tags":   slipway.InPlace,
		},
		Keys: map[string]string{
			"Register.Tags":                                                "Key",
			"Register.Volumes":                                             "Name",
			"Register.ContainerDefinitions":                                "Name",
			"Register.ContainerDefinitions.Environment":                    "Name",
			"Register.ContainerDefinitions.Secrets":                        "Name",
			"Register.ContainerDefinitions.Ulimits":                        "Name",
			"Register.ContainerDefinitions.SystemControls":                 "Namespace",
			"Register.ContainerDefinitions.DependsOn":                      "ContainerName",
			"Register.ContainerDefinitions.LogConfiguration.SecretOptions": "Name",
		},
		Sets: []string{
			"Register.RequiresCompatibilities",
			"Register.ContainerDefinitions.PortMappings",
			"Register.ContainerDefinitions.MountPoints",
			"Register.ContainerDefinitions.VolumesFrom",
			"Register.ContainerDefinitions.LinuxParameters.Capabilities.Add",
			"Register.ContainerDefinitions.LinuxParameters.Capabilities.Drop",
		},
	}
}

// Check returns all that ECS would reject.
func (taskDefinitions) Check(refs slipway.Refs, s *model.TaskDefinition) []slipway.FieldError {
	return rules.At("Register", ecsrules.RegisterTaskDefinition.All(refs, &s.Register))
}

// Read describes the newest active revision.
func (d taskDefinitions) Read(ctx context.Context, c slipway.Call, want *model.TaskDefinition) (*slipway.Live[model.TaskDefinition], error) {
	if !known(want.Register.Family) {
		return nil, nil
	}
	return d.describe(ctx, c, *want.Register.Family)
}

func (taskDefinitions) describe(ctx context.Context, c slipway.Call, ref string) (*slipway.Live[model.TaskDefinition], error) {
	out, err := client(c).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(ref), Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
	})
	if awserr.Is(err, "ClientException") && strings.Contains(err.Error(), "Unable to describe task definition") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "describe task definition "+ref)
	}
	if out.TaskDefinition.Status != ecstypes.TaskDefinitionStatusActive {
		return nil, nil
	}
	return rebuildTaskDefinition(out.TaskDefinition, out.Tags), nil
}

// rebuildTaskDefinition turns what ECS describes into a state.
func rebuildTaskDefinition(t *ecstypes.TaskDefinition, tags []ecstypes.Tag) *slipway.Live[model.TaskDefinition] {
	owner, own := ownerOf(tags)
	return &slipway.Live[model.TaskDefinition]{
		State: model.TaskDefinition{Register: awsecs.RegisterTaskDefinitionInput{
			Family: t.Family, ContainerDefinitions: t.ContainerDefinitions, Cpu: t.Cpu, Memory: t.Memory,
			EnableFaultInjection: t.EnableFaultInjection, EphemeralStorage: t.EphemeralStorage,
			ExecutionRoleArn: t.ExecutionRoleArn, TaskRoleArn: t.TaskRoleArn, InferenceAccelerators: t.InferenceAccelerators,
			IpcMode: t.IpcMode, PidMode: t.PidMode, NetworkMode: t.NetworkMode, PlacementConstraints: t.PlacementConstraints,
			ProxyConfiguration: t.ProxyConfiguration, RequiresCompatibilities: t.RequiresCompatibilities,
			RuntimePlatform: t.RuntimePlatform, Volumes: t.Volumes, Tags: own,
		}},
		Owner: owner,
		Outputs: map[string][]string{
			"arn":      {aws.ToString(t.TaskDefinitionArn)},
			"family":   {aws.ToString(t.Family)},
			"revision": {strconv.Itoa(int(t.Revision))},
		},
	}
}

// Put registers a revision, unless only the tags differ from the newest one.
func (d taskDefinitions) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.TaskDefinition], want *model.TaskDefinition) error {
	if have != nil && d.sameButTags(&have.State, want) {
		return putTags(ctx, c, output(have, "arn"), have.Owner, have.State.Register.Tags, want.Register.Tags)
	}
	in := registration(want)
	in.Tags = allTags(c, in.Tags)
	err := retried(ctx, c, concurrentRevision, func(ctx context.Context) error {
		_, err := client(c).RegisterTaskDefinition(ctx, in)
		return awserr.Wrap(err, "register task definition "+aws.ToString(in.Family))
	})
	return err
}

// concurrentRevision: somebody else registers a revision of the family.
func concurrentRevision(err error) bool {
	return strings.Contains(err.Error(), "Too many concurrent attempts to create a new revision")
}

func (d taskDefinitions) sameButTags(have, want *model.TaskDefinition) bool {
	e := d.Effects()
	return len(diff.Compare(have, want, diff.Options{Keys: e.Keys, Sets: e.Sets, Ignore: []string{"Register.Tags"}})) == 0
}

// Delete deregisters and deletes all revisions of the family that the stack owns.
// ECS keeps one for as long as a task uses it.
func (d taskDefinitions) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.TaskDefinition]) error {
	arns, err := d.revisions(ctx, c, output(have, "family"))
	if err != nil {
		return err
	}
	var own []string
	for _, arn := range arns {
		live, err := d.describe(ctx, c, arn)
		if err != nil {
			return err
		}
		if live != nil && live.Owner == have.Owner {
			own = append(own, arn)
		}
	}
	return d.deleteRevisions(ctx, c, own)
}

func (taskDefinitions) revisions(ctx context.Context, c slipway.Call, family string) ([]string, error) {
	var all []string
	pages := awsecs.NewListTaskDefinitionsPaginator(client(c), &awsecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String(family)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list task definitions")
		}
		// The prefix of an ARN's name, not of the family's: whole families only.
		for _, arn := range page.TaskDefinitionArns {
			if name, _, _ := strings.Cut(lastPart(arn), ":"); family == "" || name == family {
				all = append(all, arn)
			}
		}
	}
	return all, nil
}

// deletionBatch is how many revisions DeleteTaskDefinitions takes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html
const deletionBatch = 10

func (taskDefinitions) deleteRevisions(ctx context.Context, c slipway.Call, arns []string) error {
	for _, arn := range arns {
		_, err := client(c).DeregisterTaskDefinition(ctx, &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(arn)})
		if err != nil {
			return awserr.Wrap(err, "deregister "+arn)
		}
	}
	for batch := range slices.Chunk(arns, deletionBatch) {
		out, err := client(c).DeleteTaskDefinitions(ctx, &awsecs.DeleteTaskDefinitionsInput{TaskDefinitions: batch})
		if err != nil {
			return awserr.Wrap(err, "delete task definitions")
		}
		for _, f := range out.Failures {
			if aws.ToString(f.Reason) == "MISSING" { // an earlier attempt whose reply was lost
				continue
			}
			return fmt.Errorf("%w: delete %s: %s %s", slipway.ErrConflict, aws.ToString(f.Arn), aws.ToString(f.Reason), aws.ToString(f.Detail))
		}
	}
	return nil
}

// Tag marks the newest revision.
func (taskDefinitions) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.TaskDefinition]) error {
	return tag(ctx, c, output(have, "arn"))
}

// List finds the families whose newest active revision the stack owns.
func (d taskDefinitions) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.TaskDefinition], error) {
	pages := awsecs.NewListTaskDefinitionFamiliesPaginator(client(c), &awsecs.ListTaskDefinitionFamiliesInput{
		Status: ecstypes.TaskDefinitionFamilyStatusActive,
	})
	var own []*slipway.Live[model.TaskDefinition]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list task definition families")
		}
		for _, family := range page.Families {
			live, err := d.describe(ctx, c, family)
			if err != nil {
				return nil, err
			}
			if live != nil && live.Owner.Stack == c.Stack {
				own = append(own, live)
			}
		}
	}
	return own, nil
}

// Permissions says what a caller needs. ECS cannot narrow down most of them.
func (taskDefinitions) Permissions(have *slipway.Live[model.TaskDefinition], want *model.TaskDefinition) []slipway.Permission {
	all := []slipway.Permission{anywhere("ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitionFamilies")}
	if want == nil && have == nil {
		return all
	}
	if want == nil {
		return append(all, anywhere("ecs:ListTaskDefinitions", "ecs:DeregisterTaskDefinition", "ecs:DeleteTaskDefinitions"))
	}
	revisions := ownARN("ecs", "task-definition/"+aws.ToString(want.Register.Family)+":*")
	all = append(all, anywhere("ecs:RegisterTaskDefinition"), slipway.Permission{Actions: tagActions(have != nil), Resources: []string{revisions}})
	return append(all, passRoles(want.Register.ExecutionRoleArn, want.Register.TaskRoleArn)...)
}

// anywhere are permissions that cannot be narrowed down to a resource.
func anywhere(actions ...string) slipway.Permission {
	return slipway.Permission{Actions: actions, Resources: []string{"*"}}
}

// tagActions are those of making a thing with tags, and of changing its tags.
func tagActions(change bool) []string {
	if change {
		return []string{"ecs:TagResource", "ecs:UntagResource"}
	}
	return []string{"ecs:TagResource"}
}

// passRoles lets the caller hand the roles to tasks, and to nothing else.
func passRoles(roles ...*string) []slipway.Permission {
	var arns []string
	for _, r := range roles {
		if aws.ToString(r) != "" && !slices.Contains(arns, *r) {
			arns = append(arns, *r)
		}
	}
	if len(arns) == 0 {
		return nil
	}
	return []slipway.Permission{{
		Actions: []string{"iam:PassRole"}, Resources: arns,
		Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}},
	}}
}
