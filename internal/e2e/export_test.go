// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// TestEverySettingIsExported applies each setting and exports the service. Export
// plans what it wrote and fails if the plan is not empty.
func TestEverySettingIsExported(t *testing.T) {
	t.Parallel()
	for kind, settings := range map[string][]setting{
		"container": containerSettings(), "task definition": taskSettings(), "service": serviceSettings(),
		"network": networkSettings(), "other": otherSettings(),
	} {
		for _, s := range settings {
			t.Run(kind+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				cfg := account(t, fakes.Options{}).Config()
				p := plainParts()
				s.set(&p)
				_, err := p.stack().Apply(t.Context(), cfg)
				require.NoError(t, err)
				source, err := ecs.Export(t.Context(), cfg, ecs.ServiceNamed("shop", "web"))
				require.NoError(t, err, "%s", source)
			})
		}
	}
}
