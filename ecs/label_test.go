// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
)

// TestEveryFieldOfAServiceHasItsLabel: which fields start a deployment stands in
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html; what
// UpdateService does not take cannot be changed.
func TestEveryFieldOfAServiceHasItsLabel(t *testing.T) {
	t.Parallel()
	want := map[string]slipway.Effect{
		"TaskDefinition": slipway.RollsTasks, "NetworkConfiguration": slipway.RollsTasks, "LoadBalancers": slipway.RollsTasks,
		"PlatformVersion": slipway.RollsTasks, "ServiceConnectConfiguration": slipway.RollsTasks, "ServiceRegistries": slipway.RollsTasks,
		"VolumeConfigurations": slipway.RollsTasks, "VpcLatticeConfigurations": slipway.RollsTasks,

		// ECS takes them with ForceNewDeployment alone: https://github.com/kayac/ecspresso/issues/977
		"CapacityProviderStrategy": slipway.RollsTasks, "LaunchType": slipway.RollsTasks,

		"DesiredCount": slipway.NoRollout, "DeploymentConfiguration": slipway.NoRollout, "AvailabilityZoneRebalancing": slipway.NoRollout, "EnableExecuteCommand": slipway.NoRollout,
		"EnableECSManagedTags": slipway.NoRollout, "PropagateTags": slipway.NoRollout, "HealthCheckGracePeriodSeconds": slipway.NoRollout,
		"PlacementConstraints": slipway.NoRollout, "PlacementStrategy": slipway.NoRollout, "Tags": slipway.NoRollout,

		"ServiceName": slipway.NewName, "Cluster": slipway.NewName, "SchedulingStrategy": slipway.NewName, "DeploymentController": slipway.NewName,
	}
	// ECS does not show them, or they are not of the service.
	unseen := []string{"ClientToken", "GatewayConnectors", "Monitoring", "Role"}
	e := ecs.ServiceEffects()
	for f := range fieldsOf[awsecs.CreateServiceInput]() {
		if slices.Contains(unseen, f) {
			require.Contains(t, e.Ignore, "Create."+f)
			continue
		}
		effect, listed := e.Fields["Create."+f]
		if !listed {
			effect = e.Default
		}
		require.Contains(t, want, f, "a field of CreateServiceInput without label")
		require.Equal(t, want[f], effect, f)
	}
	of := fieldsOf[awsecs.CreateServiceInput]()
	for f := range fieldsOf[awsecs.UpdateServiceInput]() {
		if f != "Service" && f != "ForceNewDeployment" {
			require.Contains(t, of, f, "a field of UpdateServiceInput that CreateServiceInput lacks")
		}
	}
}

func fieldsOf[T any]() map[string]bool {
	all := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if f.IsExported() {
			all[f.Name] = true
		}
	}
	return all
}

// TestLabelsArePrinted beside the fields of a plan.
func TestLabelsArePrinted(t *testing.T) {
	t.Parallel()
	var lines []string
	for effect, path := range map[slipway.Effect]string{
		slipway.InPlace: "Create.Tags", slipway.NoRollout: "Create.DesiredCount", slipway.RollsTasks: "Create.TaskDefinition",
		slipway.Replace: "Create.Port", slipway.NewName: "Create.ServiceName",
	} {
		lines = append(lines, slipway.FieldChange{Path: path, Old: "1", New: "2", Effect: effect}.String())
	}
	slices.Sort(lines)
	require.Equal(t, strings.Join([]string{
		"Create.DesiredCount: 1 -> 2 (no rollout)", "Create.Port: 1 -> 2 (replaces)", "Create.ServiceName: 1 -> 2 (immutable, replaces)",
		"Create.Tags: 1 -> 2", "Create.TaskDefinition: 1 -> 2 (rolls tasks)",
	}, "\n"), strings.Join(lines, "\n"))
}
