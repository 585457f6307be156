// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// opened is a cloud in which the shop runs in good health.
func opened(t *testing.T) *fakes.Cloud {
	t.Helper()
	s := site{cloud: fakes.New(fakes.Options{})}
	require.NoError(t, s.open(t.Context()))
	return s.cloud
}

func TestExport(t *testing.T) {
	t.Parallel()
	source, err := ecs.Export(t.Context(), opened(t).Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", source)
	require.Contains(t, string(source), `WithSecret("DATABASE_URL", ecs.SecretsManager("shop/db"))`)
	exporttest.PlansEmpty(t, "main", exporttest.Case{Name: "Web", Source: source, Cloud: "opened(t)"})
}
