// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func attribute(i ecstypes.ContainerInstance, name string) (string, bool) {
	for _, a := range i.Attributes {
		if *a.Name == name {
			return aws.ToString(a.Value), true
		}
	}
	return "", false
}

func TestInstancesRegister(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Boot: 40 * time.Second})
	f.launch(1, nil)
	require.Empty(t, f.nodes(), "the agent is still starting")
	f.wait(40 * time.Second)
	nodes := f.nodes()
	require.Len(t, nodes, 1)
	n := nodes[0]
	require.Equal(t, "ACTIVE", *n.Status)
	require.True(t, n.AgentConnected)
	require.Equal(t, "i-00001", *n.Ec2InstanceId)
	require.Regexp(t, `^arn:aws:ecs:us-east-1:123456789012:container-instance/main/[0-9a-f]{32}$`, *n.ContainerInstanceArn)
	for name, want := range map[string]string{
		"ecs.availability-zone": "us-east-1a", "ecs.instance-type": "c5.large", "ecs.ami-id": "ami-ecs", "ecs.os-type": "linux",
		"ecs.cpu-architecture": "x86_64", "ecs.vpc-id": "vpc-1", "ecs.subnet-id": "subnet-a", "com.amazonaws.ecs.capability.logging-driver.awslogs": "",
	} {
		v, has := attribute(n, name)
		require.True(t, has, name)
		require.Equal(t, want, v, name)
	}
	require.Equal(t, int32(2048), n.RegisteredResources[0].IntegerValue)
	require.Equal(t, int32(3800), n.RegisteredResources[1].IntegerValue, "less than the nominal 3996 MiB")
	require.Equal(t, []string{"22", "2375", "2376", "51678", "51679"}, n.RemainingResources[2].StringSetValue)
}

// TestInstancesStayAway: each of these never registers in the cluster "main".
func TestInstancesStayAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world.Instance)
		before func(*neighbours)
	}{
		"another AMI":            {change: func(i *world.Instance) { i.Image = "ami-plain" }},
		"no profile":             {change: func(i *world.Instance) { i.Profile = "" }},
		"no cluster named":       {change: func(i *world.Instance) { i.UserData = "" }},
		"another cluster":        {change: func(i *world.Instance) { i.UserData = "ECS_CLUSTER=x >> /etc/ecs/ecs.config" }},
		"no route to ECS":        {before: func(w *neighbours) { w.unreachable["ecs"] = true }},
		"role without the leave": {before: func(w *neighbours) { w.errs["ecs:RegisterContainerInstance"] = errors.New("denied") }},
		"role that does not trust": {before: func(w *neighbours) {
			w.denied["arn:aws:iam::123456789012:role/nodes"] = errors.New("denied")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			if c.before != nil {
				c.before(f.world)
			}
			f.launch(1, c.change)
			require.Empty(t, f.nodes())
		})
	}
}

func TestAgentTriesAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.world.unreachable["ecs"] = true
	f.launch(1, nil)
	delete(f.world.unreachable, "ecs")
	f.wait(time.Minute)
	require.Len(t, f.nodes(), 1)
}

// TestUserData has the ways in which instances are told their cluster.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bootstrap_container_instance.html
func TestUserData(t *testing.T) {
	t.Parallel()
	const rocket = "ami-rocket"
	for name, c := range map[string]struct{ image, data, stack string }{
		"echo":                {data: joinMain},
		"quoted echo":         {data: "#!/bin/bash\necho \"ECS_CLUSTER=main\" > /etc/ecs/ecs.config\n"},
		"single quotes":       {data: "echo 'ECS_CLUSTER=main' >> /etc/ecs/ecs.config"},
		"here document":       {data: "cat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=main\nECS_INSTANCE_ATTRIBUTES={\"stack\":\"prod\"}\nEOF", stack: "prod"},
		"echoed attributes":   {data: joinMain + "echo 'ECS_INSTANCE_ATTRIBUTES={\"stack\": \"beta\"}' >> /etc/ecs/ecs.config", stack: "beta"},
		"escaped attributes":  {data: joinMain + `echo "ECS_INSTANCE_ATTRIBUTES={\"stack\":\"beta\"}" >> /etc/ecs/ecs.config`, stack: "beta"},
		"Bottlerocket":        {image: rocket, data: "[settings.ecs]\ncluster = \"main\"\n"},
		"Bottlerocket stacks": {image: rocket, data: "[settings.ecs]\ncluster = \"main\"\n[settings.ecs.instance-attributes]\nstack = \"prod\"\n", stack: "prod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			f.launch(1, func(i *world.Instance) {
				i.UserData = c.data
				if c.image != "" {
					i.Image = c.image
				}
			})
			require.Len(t, f.nodes(), 1)
			stack, has := attribute(f.nodes()[0], "stack")
			require.Equal(t, c.stack != "", has)
			require.Equal(t, c.stack, stack)
		})
	}
}

func TestListContainerInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(3, nil)
	count := func(in awsecs.ListContainerInstancesInput) int {
		t.Helper()
		in.Cluster = aws.String("main")
		out, err := f.client.ListContainerInstances(t.Context(), &in)
		require.NoError(t, err)
		return len(out.ContainerInstanceArns)
	}
	require.Equal(t, 3, count(awsecs.ListContainerInstancesInput{}))
	require.Equal(t, 1, count(awsecs.ListContainerInstancesInput{Filter: aws.String("attribute:ecs.availability-zone == us-east-1b")}))
	require.Equal(t, 0, count(awsecs.ListContainerInstancesInput{Status: ecstypes.ContainerInstanceStatusDraining}))
	_, err := f.client.ListContainerInstances(t.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("main"), Filter: aws.String("attribute:x ==")})
	require.ErrorContains(t, err, "InvalidParameterException: Invalid filter")
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(2, nil)
	target := f.nodes()[1].ContainerInstanceArn
	list := []ecstypes.Attribute{{Name: aws.String("stack"), Value: aws.String("prod"), TargetId: target}}
	_, err := f.client.PutAttributes(t.Context(), &awsecs.PutAttributesInput{Cluster: aws.String("main"), Attributes: list})
	require.NoError(t, err)
	found := func() []ecstypes.Attribute {
		out, err := f.client.ListAttributes(t.Context(), &awsecs.ListAttributesInput{
			Cluster: aws.String("main"), TargetType: ecstypes.TargetTypeContainerInstance, AttributeName: aws.String("stack"), AttributeValue: aws.String("prod"),
		})
		require.NoError(t, err)
		return out.Attributes
	}
	require.Equal(t, list, found())
	_, err = f.client.DeleteAttributes(t.Context(), &awsecs.DeleteAttributesInput{Cluster: aws.String("main"), Attributes: list})
	require.NoError(t, err)
	require.Empty(t, found())
	list[0].TargetId = aws.String("x")
	_, err = f.client.PutAttributes(t.Context(), &awsecs.PutAttributesInput{Cluster: aws.String("main"), Attributes: list})
	require.ErrorContains(t, err, "TargetNotFoundException")
}

func TestRegisterByHand(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.host(nil)
	in := &awsecs.RegisterContainerInstanceInput{
		Cluster: aws.String("main"), Attributes: []ecstypes.Attribute{{Name: aws.String("com.amazonaws.ecs.capability.docker-remote-api.1.18")}},
		TotalResources: []ecstypes.Resource{
			{Name: aws.String("CPU"), IntegerValue: 1024}, {Name: aws.String("MEMORY"), IntegerValue: 1024}, {Name: aws.String("PORTS"), StringSetValue: []string{"22"}},
		},
	}
	out, err := f.client.RegisterContainerInstance(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, f.runOn(3, nil).Tasks, 2, "two of 512 units fit")
	f.settle()
	_, err = f.client.DeregisterContainerInstance(t.Context(), &awsecs.DeregisterContainerInstanceInput{
		Cluster: aws.String("main"), ContainerInstance: out.ContainerInstance.ContainerInstanceArn,
	})
	require.ErrorContains(t, err, "Found running tasks on the instance.")
	gone, err := f.client.DeregisterContainerInstance(t.Context(), &awsecs.DeregisterContainerInstanceInput{
		Cluster: aws.String("main"), ContainerInstance: out.ContainerInstance.ContainerInstanceArn, Force: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Equal(t, "INACTIVE", *gone.ContainerInstance.Status)
	in.TotalResources = []ecstypes.Resource{{Name: aws.String("x")}}
	_, err = f.client.RegisterContainerInstance(t.Context(), in)
	require.ErrorContains(t, err, "Invalid resource name")
}

func TestClusterWithInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	ids := f.launch(1, nil)
	_, err := f.client.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	require.ErrorContains(t, err, "ClusterContainsContainerInstancesException")
	f.kill(ids[0])
	_, err = f.client.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	require.NoError(t, err)
}
