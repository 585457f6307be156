// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// gauge keeps what is published.
type gauge struct {
	world.Metrics
	sums map[string]float64
}

func (g gauge) Publish(_ string, m world.Metric, value float64) {
	key := m.Name
	if _, group := m.Dimensions["TargetGroup"]; group {
		key += " of the group"
	}
	g.sums[key] += value
}

// TestRequestsAreCounted by balancer and by target group, each minute.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	g := gauge{sums: map[string]float64{}}
	s.fake.SetMetrics(g)
	s.sim.Advance(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))) // a whole minute is ahead
	for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusNotFound, http.StatusServiceUnavailable} {
		s.program.status = status
		s.get("/")
	}
	s.program.deaf = true
	s.get("/")
	require.Empty(t, g.sums, "the minute has not ended")
	s.sim.Advance(time.Minute)
	want := map[string]float64{
		"RequestCount": 5, "HTTPCode_Target_2XX_Count": 1, "HTTPCode_Target_4XX_Count": 2, "HTTPCode_Target_5XX_Count": 1, "HTTPCode_ELB_5XX_Count": 1,
	}
	for name, v := range want {
		require.InDelta(t, v, g.sums[name], 0, name)
		if !strings.Contains(name, "_ELB_") {
			require.InDelta(t, v, g.sums[name+" of the group"], 0, name)
		}
	}
	require.NotContains(t, g.sums, "HTTPCode_Target_3XX_Count", "nothing to tell")
	require.NotContains(t, g.sums, "HTTPCode_ELB_5XX_Count of the group", "it is the balancer's own")
	require.NotEmpty(t, web)

	s.program.deaf = false
	s.get("/")
	s.sim.Advance(time.Minute)
	require.InDelta(t, 6, g.sums["RequestCount"], 0, "the next minute counts anew")
}
