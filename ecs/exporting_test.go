// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// exportedWeb, exportedWorker: the states that the sources are planned against.
func exportedWeb(t *testing.T) *fakes.Cloud    { return exportedCloud(t, web(app("nginx:1"))) }
func exportedWorker(t *testing.T) *fakes.Cloud { return exportedCloud(t, worker("worker:1")) }

func exportedCloud(t *testing.T, resources ...slipway.Resource) *fakes.Cloud {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", resources...).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return cloud
}

func TestExportPlansEmpty(t *testing.T) {
	t.Parallel()
	var cases []exporttest.Case
	for _, c := range []struct {
		name    string
		cloud   func(*testing.T) *fakes.Cloud
		source  string
		service ecs.ServiceRef
	}{
		{"Web", exportedWeb, "exportedWeb(t)", ecs.ServiceNamed("shop", "web")},
		{"Worker", exportedWorker, "exportedWorker(t)", ecs.ServiceNamed("shop", "worker")},
	} {
		source, err := ecs.Export(t.Context(), c.cloud(t).Config(), c.service, ecs.ExportPackage("exported"))
		require.NoError(t, err, "%s", source)
		cases = append(cases, exporttest.Case{Name: c.name, Source: source, Cloud: c.source})
	}
	exporttest.PlansEmpty(t, "ecs_test", cases...)
}
