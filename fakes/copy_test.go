// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func input() *awsecs.RegisterTaskDefinitionInput {
	return &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name:             aws.String("app"),
			Command:          []string{"serve"},
			DockerLabels:     map[string]string{"team": "shop"},
			PortMappings:     []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
			LogConfiguration: &ecstypes.LogConfiguration{Options: map[string]string{"awslogs-group": "web"}},
		}},
	}
}

func TestDeepCopySharesNothing(t *testing.T) {
	t.Parallel()
	original, want := input(), input()
	copied, ok := fakes.DeepCopy(original).(*awsecs.RegisterTaskDefinitionInput)
	require.True(t, ok)
	require.Equal(t, want, copied)

	c := &copied.ContainerDefinitions[0]
	*copied.Family = "other"
	*c.PortMappings[0].ContainerPort = 81
	c.Command[0] = "crash"
	c.DockerLabels["team"] = "x"
	c.LogConfiguration.Options["awslogs-group"] = "x"
	require.Equal(t, want, original, "what was copied is not shared")
}

func TestDeepCopyKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	now := time.Now()
	copied, ok := fakes.DeepCopy(&awsecs.ListServiceDeploymentsInput{
		CreatedAt: &ecstypes.CreatedAt{After: &now},
	}).(*awsecs.ListServiceDeploymentsInput)
	require.True(t, ok)
	require.True(t, copied.CreatedAt.After.Equal(now), "times have unexported state")
	require.NotSame(t, &now, copied.CreatedAt.After)
	require.Nil(t, fakes.DeepCopy(nil))
}

func TestIsSet(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		path   string
		want   bool
		reason string
	}{
		{"Family", true, "a pointer that points"},
		{"Cpu", false, "a nil pointer"},
		{"ContainerDefinitions.Command", true, "through a list"},
		{"ContainerDefinitions.Links", false, "nil below a list"},
		{"ContainerDefinitions.LogConfiguration.Options", true, "through a pointer to a map"},
		{"NetworkMode", false, "an empty enum"},
		{"NoSuchField", false, "an unknown field is not set"},
	} {
		require.Equal(t, row.want, fakes.IsSet(input(), row.path), "%s: %s", row.path, row.reason)
	}
}

func BenchmarkDeepCopy(b *testing.B) {
	in := input()
	for b.Loop() {
		fakes.DeepCopy(in)
	}
}
