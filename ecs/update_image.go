// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/preserve"
)

// ConflictError says that somebody else has changed a service meanwhile. It matches
// [slipway.ErrConflict].
type ConflictError struct {
	// Service is the ID of the service.
	Service slipway.ID
	// Expected and Found are the ARNs of task definitions: what the service had when it
	// was read, and what it has, or had when it was changed.
	Expected, Found string
	// Deployed reports whether the change was made nonetheless, because the other one
	// came too late to be seen; Deployment is then its service deployment.
	Deployed   bool
	Deployment string
}

// Error says what was found.
func (e *ConflictError) Error() string {
	text := fmt.Sprintf("service %s was changed by somebody else: it was expected to have task definition %s and has %s",
		e.Service.Name, lastPart(e.Expected), lastPart(e.Found))
	if e.Deployed {
		return text + "; the new image has taken its place"
	}
	return text + "; nothing was changed"
}

// Is reports whether target is [slipway.ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == slipway.ErrConflict }

// UpdateImage deploys another image in one container of a service, and leaves all else
// as it is: the new revision of the task definition has every field of the present one,
// those that this library, or its version of the SDK, does not know included.
//
// It returns the ARN of the service deployment that this begins, for [Watch], and does
// not wait for it. If the container has that image already nothing is done, and the ARN
// is empty. If somebody else changes the service at the same time the error is a
// [ConflictError].
func UpdateImage(ctx context.Context, cfg aws.Config, service ServiceRef, container string, image Image) (deploymentARN string, err error) {
	if image == nil || image.ImageReference() == "" {
		return "", slipway.FieldError{Path: "UpdateImage.image", Got: "none", Want: "an image"}
	}
	o, err := change(ctx, cfg, service)
	if err != nil {
		return "", err
	}
	from := aws.ToString(o.service.TaskDefinition)
	next, err := o.revise(ctx, from, container, image)
	if err != nil || next == "" {
		return "", err
	}
	if err := o.look(ctx); err != nil {
		return "", err
	}
	if now := aws.ToString(o.service.TaskDefinition); now != from {
		return "", errors.Join(&ConflictError{Service: o.call.ID, Expected: from, Found: now}, o.deregister(ctx, next))
	}
	deployment, err := o.update(ctx, &awsecs.UpdateServiceInput{TaskDefinition: &next})
	if err != nil {
		return "", err
	}
	return deployment, o.unchallenged(ctx, from, next, deployment)
}

// unchallenged looks whether a deployment that nobody knew of came between reading the
// service and changing it: ECS has no conditional update.
func (o *operation) unchallenged(ctx context.Context, from, next, deployment string) error {
	known := o.service.Deployments
	if err := o.look(ctx); err != nil {
		return err
	}
	for _, d := range o.service.Deployments {
		was := slices.ContainsFunc(known, func(k ecstypes.Deployment) bool { return aws.ToString(k.Id) == aws.ToString(d.Id) })
		if found := aws.ToString(d.TaskDefinition); !was && found != next {
			return &ConflictError{
				Service: o.call.ID, Expected: from, Found: found,
				Deployed: aws.ToString(o.service.TaskDefinition) == next, Deployment: deployment,
			}
		}
	}
	return nil
}

// deregister takes away a revision that is not used after all: it would be the newest.
func (o *operation) deregister(ctx context.Context, arn string) error {
	_, err := client(o.call).DeregisterTaskDefinition(ctx, &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
	return awserr.Wrap(err, "deregister task definition "+lastPart(arn))
}

// revise registers a revision of a task definition in which the container has the
// image, and returns its ARN; "" if it has it already.
func (o *operation) revise(ctx context.Context, arn, container string, image Image) (string, error) {
	var kept preserve.Document
	out, err := client(o.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
	}, awsecs.WithAPIOptions(kept.Read("taskDefinition")))
	if err != nil {
		return "", awserr.Wrap(err, "describe task definition "+lastPart(arn))
	}
	d := out.TaskDefinition
	i := slices.IndexFunc(d.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool { return aws.ToString(c.Name) == container })
	if i < 0 {
		return "", slipway.FieldError{Path: "UpdateImage.container", Got: fmt.Sprintf("%q", container), Want: "one of " + strings.Join(containerNames(d), ", ")}
	}
	if err := fitsPlatform(d, image); err != nil {
		return "", err
	}
	ref := image.ImageReference()
	if aws.ToString(d.ContainerDefinitions[i].Image) == ref {
		return "", nil
	}
	d.ContainerDefinitions[i].Image = &ref
	made, err := client(o.call).RegisterTaskDefinition(ctx, reregistration(d, out.Tags), awsecs.WithAPIOptions(kept.Write(answersOnly...)))
	if err != nil {
		return "", awserr.Wrap(err, "register task definition "+aws.ToString(d.Family))
	}
	return aws.ToString(made.TaskDefinition.TaskDefinitionArn), nil
}

// answersOnly are the members of a task definition that cannot be registered.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
var answersOnly = []string{
	"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt",
}

// reregistration registers a task definition again, with its tags but for AWS's own.
func reregistration(d *ecstypes.TaskDefinition, tags []ecstypes.Tag) *awsecs.RegisterTaskDefinitionInput {
	own := slices.DeleteFunc(slices.Clone(tags), func(t ecstypes.Tag) bool { return strings.HasPrefix(aws.ToString(t.Key), "aws:") })
	return &awsecs.RegisterTaskDefinitionInput{
		ContainerDefinitions: d.ContainerDefinitions, Family: d.Family, Cpu: d.Cpu, EnableFaultInjection: d.EnableFaultInjection,
		EphemeralStorage: d.EphemeralStorage, ExecutionRoleArn: d.ExecutionRoleArn, InferenceAccelerators: d.InferenceAccelerators,
		IpcMode: d.IpcMode, Memory: d.Memory, NetworkMode: d.NetworkMode, PidMode: d.PidMode, PlacementConstraints: d.PlacementConstraints,
		ProxyConfiguration: d.ProxyConfiguration, RequiresCompatibilities: d.RequiresCompatibilities, RuntimePlatform: d.RuntimePlatform,
		Tags: own, TaskRoleArn: d.TaskRoleArn, Volumes: d.Volumes,
	}
}

func containerNames(d *ecstypes.TaskDefinition) []string {
	names := make([]string, len(d.ContainerDefinitions))
	for i, c := range d.ContainerDefinitions {
		names[i] = aws.ToString(c.Name)
	}
	return names
}

// fitsPlatform refuses an image that is known not to run on the task's platform.
func fitsPlatform(d *ecstypes.TaskDefinition, image Image) error {
	wanted, has := platformOf(d), image.ImagePlatforms()
	if wanted == "" || len(has) == 0 || slices.ContainsFunc(has, func(p string) bool { return p == wanted || strings.HasPrefix(p, wanted+"/") }) {
		return nil
	}
	return slipway.FieldError{Path: "UpdateImage.image", Got: image.ImageReference() + " for " + strings.Join(has, ", "), Want: "an image for " + wanted}
}
