// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

// LogGroupRef is a log group: a declared [LogGroup] or an existing one by
// [LogGroupNamed]. The set is sealed.
type LogGroupRef interface {
	// LogGroupName returns the group's name.
	LogGroupName() string
	// Resources returns what must be declared with the group.
	Resources() []slipway.Resource

	arnOfStreams() string
}

// LogGroupNamed returns the existing group of that name in the stack's region and
// account.
func LogGroupNamed(name string) LogGroupRef { return existingLogGroup(name) }

type existingLogGroup string

func (g existingLogGroup) LogGroupName() string { return string(g) }

func (g existingLogGroup) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindLogGroup, Name: string(g)})}
}

func (g existingLogGroup) arnOfStreams() string { return streamsOf(string(g)) }

func streamsOf(group string) string { return ownARN("logs", "log-group:"+group+":*") }

// DefaultRetention is how many days the log group that a task definition brings
// keeps what is written to it.
const DefaultRetention = 30

// LogGroup declares a log group of CloudWatch Logs.
type LogGroup struct {
	name      string
	retention int
	key       string
	class     LogClass
	tags      map[string]string
	overrides []func(*awslogs.CreateLogGroupInput)
}

// LogClass is what can be done with the logs of a group. It cannot be changed.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
type LogClass string

// The log classes. The zero value is the standard one.
const (
	StandardLogs         LogClass = "STANDARD"
	InfrequentAccessLogs LogClass = "INFREQUENT_ACCESS"
)

// NewLogGroup declares the group of that name: 1 to 512 letters, digits and _-/.#.
// It keeps logs for ever unless [LogGroup.WithRetention] says otherwise.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
func NewLogGroup(name string) LogGroup { return LogGroup{name: name} }

// WithRetention sets how many days logs are kept: 1, 3, 5, 7, 14, 30, 60, 90, 120,
// 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653; 0 is
// for ever.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func (g LogGroup) WithRetention(days int) LogGroup {
	g.retention = days
	return g
}

// WithKMS encrypts the logs with a KMS key by its ARN; its policy must let
// CloudWatch Logs use it.
func (g LogGroup) WithKMS(keyARN string) LogGroup {
	g.key = keyARN
	return g
}

// WithClass sets the log class.
func (g LogGroup) WithClass(c LogClass) LogGroup {
	g.class = c
	return g
}

// WithTag sets a tag.
func (g LogGroup) WithTag(key, value string) LogGroup {
	g.tags = with(g.tags, key, value)
	return g
}

// WithOverride has f change the input of CreateLogGroup after everything else, for
// what this builder does not offer.
func (g LogGroup) WithOverride(f func(*awslogs.CreateLogGroupInput)) LogGroup {
	g.overrides = append(slices.Clip(g.overrides), f)
	return g
}

// ID names the group.
func (g LogGroup) ID() slipway.ID { return slipway.ID{Kind: model.KindLogGroup, Name: g.name} }

// LogGroupName returns the group's name.
func (g LogGroup) LogGroupName() string { return g.name }

// ARN returns the group's ARN, as a placeholder.
func (g LogGroup) ARN() string { return slipway.Ref(g.ID(), "arn") }

// Resources returns the group itself.
func (g LogGroup) Resources() []slipway.Resource { return []slipway.Resource{g} }

func (g LogGroup) arnOfStreams() string { return streamsOf(g.name) }

// Build returns the wanted state.
func (g LogGroup) Build() (slipway.Desired, error) {
	s := &model.LogGroup{
		Create: awslogs.CreateLogGroupInput{
			LogGroupName: aws.String(g.name), KmsKeyId: set(g.key), LogGroupClass: logClass(g.class), Tags: maps.Clone(g.tags),
		},
		RetentionInDays: clamp(g.retention),
	}
	overridden := override.Run("Create.", &s.Create, g.overrides...)
	return slipway.Desired{Kind: logGroupKind(), State: s, Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject.
func (g LogGroup) Validate() error { return validate(g, logGroups{}) }
