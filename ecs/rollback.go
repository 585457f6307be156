// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// RollbackOption changes what [Rollback] goes back to.
type RollbackOption func(*rollback)

type rollback struct {
	revision string
	given    bool
}

// ToRevision goes back to a service revision by its ARN, however long ago it ran. Its
// task definition has to be active. A deployment that is under way is superseded.
func ToRevision(serviceRevisionARN string) RollbackOption {
	return func(r *rollback) { r.revision, r.given = serviceRevisionARN, true }
}

// Rollback brings a service back to what it was. While a deployment is under way it is
// stopped, as by [Stop]. Otherwise the service is deployed anew as the last completed
// deployment had it that differs from what it has now: task definition, network, load
// balancers, Service Connect, capacity. After a deployment that failed and was not rolled
// back that is the one before it; a second Rollback undoes the first. What is not part of
// a service revision, such as the number of tasks, stays.
//
// It returns the ARN of the service deployment, for [Watch], and does not wait for it. Of
// a service of Express Mode the health check and the scaling stay as they are, too.
// Without anything to go back to the error matches [slipway.ErrNotFound], and nothing is
// changed.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html
func Rollback(ctx context.Context, cfg aws.Config, service ServiceRef, opts ...RollbackOption) (deploymentARN string, err error) {
	var r rollback
	for _, opt := range opts {
		opt(&r)
	}
	if r.given && r.revision == "" {
		return "", slipway.FieldError{Path: "ToRevision", Got: `""`, Want: "the ARN of a service revision"}
	}
	o, err := change(ctx, cfg, service)
	if err != nil {
		return "", err
	}
	if r.given {
		return o.rollbackTo(ctx, r.revision)
	}
	completed, err := o.completed(ctx)
	switch {
	case err != nil:
		return "", err
	case len(completed) == 0:
		return "", o.nothingBefore()
	case o.service.CurrentServiceDeployment != nil:
		return o.stop(ctx)
	}
	before, err := o.previous(ctx, completed)
	if err != nil {
		return "", err
	}
	return o.deployAs(ctx, before)
}

func (o *operation) nothingBefore() error {
	return fmt.Errorf("%w: service %s has no completed deployment before the present one", slipway.ErrNotFound, o.at)
}

func (o *operation) rollbackTo(ctx context.Context, arn string) (string, error) {
	revision, err := describeRevision(ctx, o.call, arn)
	if err != nil {
		return "", err
	}
	if revision == nil || aws.ToString(revision.ServiceArn) != aws.ToString(o.service.ServiceArn) {
		return "", fmt.Errorf("%w: service %s has no revision %s", slipway.ErrNotFound, o.at, arn)
	}
	return o.deployAs(ctx, revision)
}

func (o *operation) deployAs(ctx context.Context, r *ecstypes.ServiceRevision) (string, error) {
	deployment, err := o.update(ctx, asRevision(r, o.service))
	if err != nil {
		err = fmt.Errorf("go back to revision %s with task definition %s: %w", lastPart(aws.ToString(r.ServiceRevisionArn)), lastPart(aws.ToString(r.TaskDefinition)), err)
	}
	return deployment, err
}

// completed are the revisions of the completed deployments that ECS knows, the newest
// first.
func (o *operation) completed(ctx context.Context) ([]string, error) {
	in := &awsecs.ListServiceDeploymentsInput{
		Cluster: o.service.ClusterArn, Service: o.service.ServiceArn, Status: []ecstypes.ServiceDeploymentStatus{ecstypes.ServiceDeploymentStatusSuccessful},
	}
	var all []ecstypes.ServiceDeploymentBrief
	for {
		out, err := client(o.call).ListServiceDeployments(ctx, in)
		if err != nil {
			return nil, awserr.Wrap(err, "list service deployments of "+o.at.String())
		}
		all = append(all, out.ServiceDeployments...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	newestFirst(all)
	arns := make([]string, len(all))
	for i := range all {
		arns[i] = aws.ToString(all[i].TargetServiceRevisionArn)
	}
	return arns, nil
}

// previous is the newest of the completed revisions that is not what the service has.
func (o *operation) previous(ctx context.Context, completed []string) (*ecstypes.ServiceRevision, error) {
	newest, err := newestDeployment(ctx, o.call, o.service)
	if err != nil {
		return nil, err
	}
	var present *ecstypes.ServiceRevision
	// After a deployment that failed for good the service still has its revision.
	stands := newest != nil && (newest.Status == ecstypes.ServiceDeploymentStatusSuccessful || newest.Status == ecstypes.ServiceDeploymentStatusRollbackSuccessful)
	for _, arn := range completed {
		revision, err := describeRevision(ctx, o.call, arn)
		switch {
		case err != nil:
			return nil, err
		case revision == nil: // ECS has forgotten it
		case present == nil && stands:
			present = revision
		case present == nil || !sameRevision(present, revision):
			return revision, nil
		}
	}
	return nil, o.nothingBefore()
}

// sameRevision reports whether tasks of both are alike: a restart makes a revision, too.
func sameRevision(a, b *ecstypes.ServiceRevision) bool {
	none := &ecstypes.Service{}
	return reflect.DeepEqual(asRevision(a, none), asRevision(b, none))
}

// asRevision is the update that makes a service what it was with a revision. What is nil
// in an update stays as it is, so what came later has to be taken away.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func asRevision(r *ecstypes.ServiceRevision, now *ecstypes.Service) *awsecs.UpdateServiceInput {
	in := &awsecs.UpdateServiceInput{
		TaskDefinition: r.TaskDefinition, NetworkConfiguration: r.NetworkConfiguration, PlatformVersion: r.PlatformVersion,
		CapacityProviderStrategy: emptied(r.CapacityProviderStrategy, now.CapacityProviderStrategy), LoadBalancers: emptied(r.LoadBalancers, now.LoadBalancers),
		ServiceRegistries:           emptied(r.ServiceRegistries, now.ServiceRegistries),
		ServiceConnectConfiguration: r.ServiceConnectConfiguration, ForceNewDeployment: true,
	}
	if reflect.DeepEqual(r.CapacityProviderStrategy, now.CapacityProviderStrategy) {
		in.CapacityProviderStrategy = nil // the cluster may lack the providers of Express Mode
	}
	primary := primaryOf(now)
	if primary == nil {
		primary = &ecstypes.Deployment{}
	}
	in.VolumeConfigurations = emptied(r.VolumeConfigurations, primary.VolumeConfigurations)
	in.VpcLatticeConfigurations = emptied(r.VpcLatticeConfigurations, primary.VpcLatticeConfigurations)
	if c := primary.ServiceConnectConfiguration; in.ServiceConnectConfiguration == nil && c != nil && c.Enabled {
		in.ServiceConnectConfiguration = &ecstypes.ServiceConnectConfiguration{Enabled: false}
	}
	// A revision has the number for LATEST: the service is to go on with LATEST.
	if v := aws.ToString(primary.PlatformVersion); v != "" && v == aws.ToString(r.PlatformVersion) {
		in.PlatformVersion = nil
	}
	return in
}

// emptied is what a list is to be: empty, not nil, where something has to go.
func emptied[E any](want, now []E) []E {
	switch {
	case len(want) > 0:
		return want
	case len(now) > 0:
		return []E{}
	default:
		return nil
	}
}
