// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// deployed is a cloud in which the quickstart's service runs, with its last scaling.
func deployed(t *testing.T) *fakes.Cloud {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	cpu := autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}
	stack, _ := shop(ecs.ImageRef("public.ecr.aws/shop/web:1"), autoscaling.Between(3, 10).WithPolicy(cpu))
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return cloud
}

func TestExport(t *testing.T) {
	t.Parallel()
	source, err := ecs.Export(t.Context(), deployed(t).Config(), ecs.ServiceNamed("quickstart", "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", source)
	exporttest.PlansEmpty(t, "main", exporttest.Case{Name: "Web", Source: source, Cloud: "deployed(t)"})
}
