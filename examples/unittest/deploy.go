// SPDX-License-Identifier: Apache-2.0

// Command unittest is a small deploy tool as many teams have one, written on the
// AWS SDK alone. Its tests run it on Slipway's fakes: see deploy_test.go.
//
//	unittest CLUSTER SERVICE CONTAINER IMAGE
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func main() {
	const arguments = 5
	if len(os.Args) != arguments {
		log.Fatal("usage: unittest CLUSTER SERVICE CONTAINER IMAGE")
	}
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	d := Deployer{Client: awsecs.NewFromConfig(cfg), Cluster: os.Args[1], Service: os.Args[2], Patience: 20 * time.Minute}
	if err := d.Deploy(ctx, os.Args[3], os.Args[4]); err != nil {
		log.Fatal(err)
	}
}

// ErrRolledBack says that ECS has gone back to the version before.
var ErrRolledBack = errors.New("deployment rolled back")

// Deployer rolls out new images of one service.
type Deployer struct {
	Client           *awsecs.Client
	Cluster, Service string
	// Patience is how long a deployment may take.
	Patience time.Duration
}

// Deploy registers a revision of the service's task definition in which the
// container has the image, switches the service to it and waits for the outcome.
func (d Deployer) Deploy(ctx context.Context, container, image string) error {
	revision, err := d.revise(ctx, container, image)
	if err != nil {
		return fmt.Errorf("new revision: %w", err)
	}
	updated, err := d.Client.UpdateService(ctx, &awsecs.UpdateServiceInput{
		Cluster: &d.Cluster, Service: &d.Service, TaskDefinition: &revision,
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, d.Patience)
	defer cancel()
	return d.wait(ctx, aws.ToString(updated.Service.CurrentServiceDeployment))
}

// revise copies the current task definition with another image.
func (d Deployer) revise(ctx context.Context, container, image string) (string, error) {
	services, err := d.Client.DescribeServices(ctx, &awsecs.DescribeServicesInput{
		Cluster: &d.Cluster, Services: []string{d.Service},
	})
	if err != nil {
		return "", err
	}
	if len(services.Services) != 1 {
		return "", fmt.Errorf("no service %s in cluster %s", d.Service, d.Cluster)
	}
	current, err := d.Client.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: services.Services[0].TaskDefinition,
	})
	if err != nil {
		return "", err
	}
	next, err := withImage(current.TaskDefinition, container, image)
	if err != nil {
		return "", err
	}
	registered, err := d.Client.RegisterTaskDefinition(ctx, next)
	if err != nil {
		return "", err
	}
	return *registered.TaskDefinition.TaskDefinitionArn, nil
}

func withImage(td *ecstypes.TaskDefinition, container, image string) (*awsecs.RegisterTaskDefinitionInput, error) {
	next := &awsecs.RegisterTaskDefinitionInput{
		Family: td.Family, Cpu: td.Cpu, Memory: td.Memory, NetworkMode: td.NetworkMode,
		RequiresCompatibilities: td.RequiresCompatibilities, ContainerDefinitions: td.ContainerDefinitions,
		ExecutionRoleArn: td.ExecutionRoleArn, TaskRoleArn: td.TaskRoleArn, Volumes: td.Volumes,
		RuntimePlatform: td.RuntimePlatform, EphemeralStorage: td.EphemeralStorage,
	}
	for i := range next.ContainerDefinitions {
		if *next.ContainerDefinitions[i].Name == container {
			next.ContainerDefinitions[i].Image = &image
			return next, nil
		}
	}
	return nil, fmt.Errorf("task definition %s has no container %s", *td.Family, container)
}

// wait asks for the service deployment, not for a steady service: a service that
// has been rolled back is steady too.
func (d Deployer) wait(ctx context.Context, deployment string) error {
	const pause = 5 * time.Second
	for {
		out, err := d.Client.DescribeServiceDeployments(ctx, &awsecs.DescribeServiceDeploymentsInput{
			ServiceDeploymentArns: []string{deployment},
		})
		if err != nil {
			return err
		}
		if len(out.ServiceDeployments) != 1 {
			return fmt.Errorf("no service deployment %s", deployment)
		}
		sd := out.ServiceDeployments[0]
		switch sd.Status {
		case ecstypes.ServiceDeploymentStatusSuccessful:
			return nil
		case ecstypes.ServiceDeploymentStatusRollbackSuccessful:
			return fmt.Errorf("%w: %s", ErrRolledBack, aws.ToString(sd.StatusReason))
		case ecstypes.ServiceDeploymentStatusRollbackFailed, ecstypes.ServiceDeploymentStatusStopped:
			return fmt.Errorf("deployment %s: %s", sd.Status, aws.ToString(sd.StatusReason))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still %s: %w", sd.Status, ctx.Err())
		case <-time.After(pause):
		}
	}
}
