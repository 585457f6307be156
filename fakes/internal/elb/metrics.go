// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// SetMetrics says who gets the numbers of requests and answers. Without, nobody does.
func (f *Fake) SetMetrics(m world.Metrics) { f.metrics = m }

// metricsEvery is how often they are published.
const metricsEvery = time.Minute

// tally is how often each metric of a balancer, or of one of its target groups, happened
// since it was published last.
type tally struct {
	dimensions map[string]string
	counts     map[string]float64
}

// count counts an answer that a target gave to a request, or that its balancer gave for
// it. Metrics of which there is nothing to tell are not published.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func (f *Fake) count(r *region, b *balancer, g *group, status int, fromTarget bool) {
	if f.metrics == nil {
		return
	}
	_, balancer, _ := strings.Cut(b.arn(), ":loadbalancer/")
	_, group, _ := strings.Cut(g.arn(), ":targetgroup/")
	of := map[string]string{"LoadBalancer": balancer}
	both := map[string]string{"LoadBalancer": balancer, "TargetGroup": "targetgroup/" + group}
	class := strconv.Itoa(status/100) + "XX_Count"
	for _, dimensions := range []map[string]string{of, both} {
		f.tally(r, dimensions, "RequestCount")
		if fromTarget {
			f.tally(r, dimensions, "HTTPCode_Target_"+class)
		}
	}
	if !fromTarget {
		f.tally(r, of, "HTTPCode_ELB_"+class)
	}
}

// tally counts one, and plans that it is published within the present minute.
func (f *Fake) tally(r *region, dimensions map[string]string, metric string) {
	key := dimensions["LoadBalancer"] + " " + dimensions["TargetGroup"]
	t := r.tallies[key]
	if t == nil {
		t = &tally{dimensions: dimensions, counts: map[string]float64{}}
		if r.tallies == nil {
			r.tallies = map[string]*tally{}
		}
		r.tallies[key] = t
		f.sim.At(f.sim.Now().Truncate(metricsEvery).Add(metricsEvery-1), func() { f.publish(r, key) })
	}
	t.counts[metric]++
}

func (f *Fake) publish(r *region, key string) {
	t := r.tallies[key]
	delete(r.tallies, key)
	for _, metric := range slices.Sorted(maps.Keys(t.counts)) {
		f.metrics.Publish(r.name, world.Metric{
			Namespace: "AWS/ApplicationELB", Name: metric, Dimensions: t.dimensions, Unit: "Count",
		}, t.counts[metric])
	}
}
