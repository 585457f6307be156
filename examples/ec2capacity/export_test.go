// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// deployed is a cloud in which two tasks run.
func deployed(t *testing.T) *fakes.Cloud {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	_, err := shop(2).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return cloud
}

func TestExport(t *testing.T) {
	t.Parallel()
	source, err := ecs.Export(t.Context(), deployed(t).Config(), ecs.ServiceNamed(name, "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", source)
	require.Contains(t, string(source), "ecs.NewGroupProvider(")
	exporttest.PlansEmpty(t, "main", exporttest.Case{Name: "Web", Source: source, Cloud: "deployed(t)"})
}
