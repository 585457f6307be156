// SPDX-License-Identifier: Apache-2.0

// Package cloudwatch is the simulated CloudWatch. It keeps metrics and alarms. The state
// of an alarm changes by SetAlarmState, and with metrics that other services publish, on
// which it may be by metric math: arithmetic and FILL. Other expressions, and metrics of
// PutMetricData, are not evaluated.
package cloudwatch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim       *sim.Sim
	regions   sim.Regional[region]
	listeners []func(region, name, state string)
	breached  []func(region string, b world.Breach)
}

var (
	_ world.Alarms  = (*Fake)(nil)
	_ world.Metrics = (*Fake)(nil)
)

// region has the alarms of a region, by name, and its metrics, by their key.
type region struct {
	name    string
	alarms  map[string]*alarm
	history []cwtypes.AlarmHistoryItem
	metrics map[string]*metric
}

// alarm is a metric alarm.
type alarm struct {
	described cwtypes.MetricAlarm
	tags      []cwtypes.Tag
	// looked is until when data was looked at the last time that the alarm was on.
	looked time.Time
}

// New returns the service without alarms and metrics.
func New(s *sim.Sim) *Fake {
	f := &Fake{sim: s}
	f.regions.New = func(_, name string) *region {
		return &region{name: name, alarms: map[string]*alarm{}, metrics: map[string]*metric{}}
	}
	return f
}

// Services returns the operations of CloudWatch.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("CloudWatch", "cloudwatch")
	s.Things = f.things
	f.alarmOperations(s)
	f.stateOperations(s)
	f.metricOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

// Alarm returns the state of an alarm.
func (f *Fake) Alarm(region, name string) (state string, found bool) {
	a, ok := f.regions.Of(f.sim.Account(), region).alarms[name]
	if !ok {
		return "", false
	}
	return string(a.described.StateValue), true
}

// OnAlarm has fn called whenever the state of an alarm changes.
func (f *Fake) OnAlarm(fn func(region, name, state string)) { f.listeners = append(f.listeners, fn) }

// arn is the ARN of an alarm.
func arn(c *sim.Call, name string) string { return c.ARN("cloudwatch", "alarm:"+name) }

// onAlarms says that the caller needs the action on each alarm that the input names.
func onAlarms[I any](action string, names func(in *I) []string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		var all []sim.Access
		for _, name := range names(in) {
			all = append(all, sim.Access{Action: "cloudwatch:" + action, Resource: arn(c, name)})
		}
		return all
	})
}

func one(name *string) []string { return []string{aws.ToString(name)} }

func typed(code, message string) error {
	if code == "InvalidParameterCombination" {
		return &cwtypes.InvalidParameterCombinationException{Message: &message}
	}
	return nil
}

const pageSize = 100

func page[E any](all []E, token *string, size *int32) ([]E, *string, error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > pageSize {
		return nil, nil, sim.Errorf("ValidationError",
			"1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and 100", n)
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, &cwtypes.InvalidNextToken{Message: aws.String("The next token specified is invalid.")}
	}
	return cut, next, nil
}

func (f *Fake) tagOperations(s *sim.Service) {
	onARN := func(action string, id *string) []sim.Access {
		return []sim.Access{{Action: "cloudwatch:" + action, Resource: aws.ToString(id)}}
	}
	sim.Handle(s, "TagResource", f.tag, sim.Needs(func(_ *sim.Call, in *awscw.TagResourceInput) []sim.Access {
		return onARN("TagResource", in.ResourceARN)
	}))
	sim.Handle(s, "UntagResource", f.untag, sim.Needs(func(_ *sim.Call, in *awscw.UntagResourceInput) []sim.Access {
		return onARN("UntagResource", in.ResourceARN)
	}))
	sim.Handle(s, "ListTagsForResource", f.listTags, sim.Needs(func(_ *sim.Call, in *awscw.ListTagsForResourceInput) []sim.Access {
		return onARN("ListTagsForResource", in.ResourceARN)
	}))
}
