// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"maps"
	"slices"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// heldAlarm is what a snapshot has of an alarm: no times.
type heldAlarm struct {
	Alarm cwtypes.MetricAlarm
	Tags  []cwtypes.Tag
}

// heldMetric is what a snapshot has of a metric: no times.
type heldMetric struct {
	Metric cwtypes.Metric
	// Samples is how many there are.
	Samples int
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.alarms)) {
			state := heldAlarm{Alarm: r.alarms[name].described, Tags: r.alarms[name].tags}
			state.Alarm.AlarmConfigurationUpdatedTimestamp = nil
			state.Alarm.StateUpdatedTimestamp, state.Alarm.StateTransitionedTimestamp = nil, nil
			all = append(all, sim.Thing{Region: r.name, Type: "alarm", ID: name, State: state})
		}
		for _, key := range slices.Sorted(maps.Keys(r.metrics)) {
			m := r.metrics[key]
			state := heldMetric{Metric: m.named, Samples: len(m.data)}
			all = append(all, sim.Thing{Region: r.name, Type: "metric", ID: key, State: state})
		}
	}
	return all
}
