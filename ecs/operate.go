// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// active is the status of a service that is not being deleted.
const active = "ACTIVE"

// operation works on a service that exists.
type operation struct {
	call    slipway.Call
	at      place
	service *ecstypes.Service
}

// operate finds the service.
func operate(ctx context.Context, cfg aws.Config, service ServiceRef) (*operation, error) {
	at, err := located(service)
	if err != nil {
		return nil, err
	}
	o := &operation{call: newCall(cfg), at: at}
	o.call.ID = serviceID(at)
	if err := o.look(ctx); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *operation) look(ctx context.Context) error {
	found, err := describeServices(ctx, o.call, o.at.cluster, []string{o.at.service})
	if err != nil {
		return err
	}
	s, ok := found[o.at.service]
	if !ok || aws.ToString(s.Status) == "INACTIVE" {
		return fmt.Errorf("%w: service %s", slipway.ErrNotFound, o.at)
	}
	o.service = s
	return nil
}

// change finds a service that can be changed.
func change(ctx context.Context, cfg aws.Config, service ServiceRef) (*operation, error) {
	o, err := operate(ctx, cfg, service)
	if err != nil {
		return nil, err
	}
	if err := o.changeable(); err != nil {
		return nil, err
	}
	return o, nil
}

// changeable refuses a service that is being deleted.
func (o *operation) changeable() error {
	if status := aws.ToString(o.service.Status); status != active {
		return fmt.Errorf("%w: service %s is being deleted: it is %s", slipway.ErrNotFound, o.at, status)
	}
	return nil
}

// update changes the service, and returns the ARN of the service deployment that this
// began.
func (o *operation) update(ctx context.Context, in *awsecs.UpdateServiceInput) (string, error) {
	before, err := newestDeployment(ctx, o.call, o.service)
	if err != nil {
		return "", err
	}
	in.Cluster, in.Service = o.service.ClusterArn, o.service.ServiceArn
	out, err := client(o.call).UpdateService(ctx, in)
	if err != nil {
		return "", awserr.Wrap(err, "update service "+o.at.String())
	}
	if now := aws.ToString(out.Service.CurrentServiceDeployment); now != "" && (before == nil || now != aws.ToString(before.ServiceDeploymentArn)) {
		return now, nil
	}
	return o.begun(ctx, before)
}

// begun waits until ECS tells of the deployment that came after another one.
func (o *operation) begun(ctx context.Context, before *ecstypes.ServiceDeploymentBrief) (deployment string, err error) {
	err = slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		newest, err := newestDeployment(ctx, o.call, o.service)
		if err != nil || newest == nil {
			return false, err
		}
		deployment = aws.ToString(newest.ServiceDeploymentArn)
		return before == nil || deployment != aws.ToString(before.ServiceDeploymentArn), nil
	})
	return deployment, err
}

// Restart replaces all tasks of a service by new ones of the same revision, at the pace
// of its deployment configuration. It returns the ARN of the service deployment that
// this begins, for [Watch], and does not wait for it.
func Restart(ctx context.Context, cfg aws.Config, service ServiceRef) (deploymentARN string, err error) {
	o, err := change(ctx, cfg, service)
	if err != nil {
		return "", err
	}
	return o.update(ctx, &awsecs.UpdateServiceInput{ForceNewDeployment: true})
}

// Stop stops the deployment of a service that is under way, and has ECS go back to the
// last completed one. It returns the deployment's ARN, for [Watch], and does not wait. A
// deployment that is rolled back already goes on with it. Where no deployment was ever
// completed ECS starts no more tasks. Without a deployment under way the error matches
// [slipway.ErrNotFound].
//
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
func Stop(ctx context.Context, cfg aws.Config, service ServiceRef) (deploymentARN string, err error) {
	o, err := change(ctx, cfg, service)
	if err != nil {
		return "", err
	}
	return o.stop(ctx)
}

func (o *operation) stop(ctx context.Context) (string, error) {
	current := aws.ToString(o.service.CurrentServiceDeployment)
	if current == "" {
		return "", fmt.Errorf("%w: no deployment of service %s is under way", slipway.ErrNotFound, o.at)
	}
	_, err := client(o.call).StopServiceDeployment(ctx, &awsecs.StopServiceDeploymentInput{
		ServiceDeploymentArn: &current, StopType: ecstypes.StopServiceDeploymentStopTypeRollback,
	})
	return current, awserr.Wrap(err, "stop the deployment of service "+o.at.String())
}

// Scale sets how many tasks a service runs, at least 0. It does not wait for them. A
// number that the service's scaling would soon undo is an error, and so is any for a
// daemon.
func Scale(ctx context.Context, cfg aws.Config, service ServiceRef, count int) error {
	const most = 1<<31 - 1
	if count < 0 || count > most {
		return slipway.FieldError{Path: "Scale.count", Got: strconv.Itoa(count), Want: "0 to " + strconv.Itoa(most)}
	}
	o, err := change(ctx, cfg, service)
	if err != nil {
		return err
	}
	if o.service.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon {
		return slipway.FieldError{
			Path: "Scale.service", Got: "the daemon " + o.at.String(), Want: "a service with a count: a daemon has one task on each instance",
			Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html",
		}
	}
	if err := o.scalable(ctx, int32(count)); err != nil {
		return err
	}
	_, err = client(o.call).UpdateService(ctx, &awsecs.UpdateServiceInput{
		Cluster: o.service.ClusterArn, Service: o.service.ServiceArn, DesiredCount: aws.Int32(int32(count)),
	})
	return awserr.Wrap(err, "scale service "+o.at.String())
}

// target returns what Application Auto Scaling knows of the service; nil if that is
// nothing, or hidden from the caller.
func (o *operation) target(ctx context.Context) (*aastypes.ScalableTarget, error) {
	out, err := slipway.Client(o.call, awsaas.NewFromConfig).DescribeScalableTargets(ctx, &awsaas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceIds: []string{"service/" + o.at.String()},
	})
	if hidden(err) {
		return nil, nil
	}
	if err != nil || len(out.ScalableTargets) == 0 {
		return nil, awserr.Wrap(err, "describe the scaling of service "+o.at.String())
	}
	return &out.ScalableTargets[0], nil
}

// rests reports whether all of a service's scaling is suspended.
func rests(s *aastypes.SuspendedState) bool {
	return s != nil && aws.ToBool(s.DynamicScalingInSuspended) && aws.ToBool(s.DynamicScalingOutSuspended) && aws.ToBool(s.ScheduledScalingSuspended)
}

func (o *operation) scalable(ctx context.Context, count int32) error {
	t, err := o.target(ctx)
	if err != nil || t == nil {
		return err
	}
	low, high := aws.ToInt32(t.MinCapacity), aws.ToInt32(t.MaxCapacity)
	if count >= low && count <= high || count == 0 || rests(t.SuspendedState) { // at zero, scaling rests
		return nil
	}
	return slipway.FieldError{
		Path: "Scale.count", Got: strconv.Itoa(int(count)), Want: fmt.Sprintf("%d to %d, between which the service scales by itself, or 0", low, high),
		Doc: "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
	}
}
