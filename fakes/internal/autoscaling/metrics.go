// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// granularity is the only one there is.
const granularity = "1Minute"

func registerMetrics(s *sim.Service, f *Fake) {
	sim.Handle(s, "EnableMetricsCollection", f.enableMetrics,
		onGroups("EnableMetricsCollection", func(in *awsasg.EnableMetricsCollectionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DisableMetricsCollection", f.disableMetrics,
		onGroups("DisableMetricsCollection", func(in *awsasg.DisableMetricsCollectionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeMetricCollectionTypes",
		func(*sim.Call, *awsasg.DescribeMetricCollectionTypesInput) (*awsasg.DescribeMetricCollectionTypesOutput, error) {
			out := &awsasg.DescribeMetricCollectionTypesOutput{
				Granularities: []asgtypes.MetricGranularityType{{Granularity: aws.String(granularity)}},
			}
			for _, name := range metricNames() {
				out.Metrics = append(out.Metrics, asgtypes.MetricCollectionType{Metric: aws.String(name)})
			}
			return out, nil
		})
}

// measures are the metrics of groups and warm pools.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
var measures = map[string]func(g *group) int{
	"GroupMinSize":                    func(g *group) int { return int(*g.settings.MinSize) },
	"GroupMaxSize":                    func(g *group) int { return int(*g.settings.MaxSize) },
	"GroupDesiredCapacity":            (*group).desired,
	"GroupInServiceInstances":         instancesIn("InService"),
	"GroupPendingInstances":           instancesIn("Pending"),
	"GroupStandbyInstances":           instancesIn("Standby"),
	"GroupTerminatingInstances":       instancesIn("Terminating"),
	"GroupTotalInstances":             instancesIn("InService", "Pending", "Standby", "Terminating"),
	"GroupInServiceCapacity":          capacityIn("InService"),
	"GroupPendingCapacity":            capacityIn("Pending"),
	"GroupStandbyCapacity":            capacityIn("Standby"),
	"GroupTerminatingCapacity":        capacityIn("Terminating"),
	"GroupTotalCapacity":              capacityIn("InService", "Pending", "Standby", "Terminating"),
	"WarmPoolDesiredCapacity":         (*group).wanted,
	"WarmPoolWarmedCapacity":          capacityIn("Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated"),
	"WarmPoolPendingCapacity":         capacityIn("Warmed:Pending"),
	"WarmPoolTerminatingCapacity":     capacityIn("Warmed:Terminating"),
	"WarmPoolTotalCapacity":           capacityIn("Warmed:"),
	"GroupAndWarmPoolDesiredCapacity": func(g *group) int { return g.desired() + g.wanted() },
	"GroupAndWarmPoolTotalCapacity":   capacityIn("InService", "Pending", "Standby", "Terminating", "Warmed:"),
}

// metricNames are all there are, sorted.
func metricNames() []string { return slices.Sorted(maps.Keys(measures)) }

// instancesIn counts the instances whose state begins with one of those.
func instancesIn(states ...string) func(g *group) int {
	return sumIn(func(*member) int { return 1 }, states)
}

// capacityIn is the weight of those instances.
func capacityIn(states ...string) func(g *group) int {
	return sumIn(func(m *member) int { return m.weight }, states)
}

func sumIn(of func(m *member) int, states []string) func(g *group) int {
	return func(g *group) (sum int) {
		for _, m := range g.members {
			if slices.ContainsFunc(states, func(s string) bool { return strings.HasPrefix(string(m.state), s) }) {
				sum += of(m)
			}
		}
		return sum
	}
}

// metrics are those that a call means: all of them if it names none.
func metrics(list []string) ([]string, error) {
	for _, name := range list {
		if measures[name] == nil {
			return nil, invalid("Invalid metric name: " + name)
		}
	}
	if len(list) == 0 {
		return metricNames(), nil
	}
	return list, nil
}

// enableMetrics has metrics collected besides those that are.
func (f *Fake) enableMetrics(c *sim.Call, in *awsasg.EnableMetricsCollectionInput) (*awsasg.EnableMetricsCollectionOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Granularity) != granularity {
		return nil, invalid("Invalid granularity: " + aws.ToString(in.Granularity) + ". The only valid value is " + granularity)
	}
	list, err := metrics(in.Metrics)
	if err != nil {
		return nil, err
	}
	for _, name := range list {
		if !g.collects(name) {
			g.settings.EnabledMetrics = append(slices.Clip(g.settings.EnabledMetrics),
				asgtypes.EnabledMetric{Metric: aws.String(name), Granularity: aws.String(granularity)})
		}
	}
	if !g.collecting {
		g.collect()
	}
	return &awsasg.EnableMetricsCollectionOutput{}, nil
}

func (f *Fake) disableMetrics(c *sim.Call, in *awsasg.DisableMetricsCollectionInput) (*awsasg.DisableMetricsCollectionOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	list, err := metrics(in.Metrics)
	if err != nil {
		return nil, err
	}
	g.settings.EnabledMetrics = slices.DeleteFunc(slices.Clone(g.settings.EnabledMetrics), func(m asgtypes.EnabledMetric) bool {
		return slices.Contains(list, *m.Metric)
	})
	return &awsasg.DisableMetricsCollectionOutput{}, nil
}

func (g *group) collects(name string) bool {
	return slices.ContainsFunc(g.settings.EnabledMetrics, func(m asgtypes.EnabledMetric) bool { return *m.Metric == name })
}

// collect publishes the metrics of a minute, for as long as some are collected.
func (g *group) collect() {
	g.collecting = len(g.settings.EnabledMetrics) > 0 && g.r.groups[g.name()] == g
	if !g.collecting {
		return
	}
	for _, m := range g.settings.EnabledMetrics {
		if strings.Contains(*m.Metric, "WarmPool") && g.settings.WarmPoolConfiguration == nil {
			continue
		}
		g.r.f.needs.Metrics.Publish(g.r.name, world.Metric{
			Namespace: "AWS/AutoScaling", Name: *m.Metric, Unit: "None",
			Dimensions: map[string]string{"AutoScalingGroupName": g.name()},
		}, float64(measures[*m.Metric](g)))
	}
	g.r.f.sim.After(time.Minute, g.collect)
}
