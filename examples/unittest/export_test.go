// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// made is the account as the tests have it: nothing in it is a stack's.
func made(t *testing.T) (cloud *fakes.Cloud) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { cloud, _ = shop(t) })
	return cloud
}

// TestExport adopts a service that was made with the AWS SDK alone.
func TestExport(t *testing.T) {
	t.Parallel()
	source, err := ecs.Export(t.Context(), made(t).Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", source)
	exporttest.PlansEmpty(t, "main", exporttest.Case{Name: "Web", Source: source, Cloud: "made(t)", Adopts: true})
}
