// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// Logging is where a container's output goes: [AWSLogs], [FireLens], [Splunk] or
// [NoLogging]. The set is sealed.
type Logging interface {
	input(own LogGroup) *ecstypes.LogConfiguration
	allow(own LogGroup, need *needs)
}

// AWSLogs sends output to a log group of CloudWatch Logs. The zero value is the
// default: the task definition's own log group.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
type AWSLogs struct {
	// Group that is written to; the task definition's own if nil.
	Group LogGroupRef
	// StreamPrefix begins the names of the streams, which go on with the
	// container's name and the task's ID; "ecs" if empty.
	StreamPrefix string
	// MultilinePattern is a regular expression that the first line of a message
	// matches; each line is a message if empty.
	MultilinePattern string
	// DatetimeFormat is a strftime format with which the first line of a message
	// begins, instead of MultilinePattern.
	DatetimeFormat string
	// Blocking makes the container wait when CloudWatch Logs cannot be reached. By
	// default its output is then kept in memory, and dropped when Buffer is full.
	Blocking bool
	// Buffer for output on its way; 10 MiB if 0.
	Buffer Memory
}

const (
	defaultStreamPrefix = "ecs"
	logGroupPrefix      = "/ecs/"
)

func (l AWSLogs) input(own LogGroup) *ecstypes.LogConfiguration {
	options := map[string]string{
		"awslogs-group": l.group(own).LogGroupName(), "awslogs-region": slipway.Self("region"),
		"awslogs-stream-prefix": defaultStreamPrefix, "mode": "non-blocking",
	}
	for option, value := range map[string]string{
		"awslogs-stream-prefix": l.StreamPrefix, "awslogs-multiline-pattern": l.MultilinePattern,
		"awslogs-datetime-format": l.DatetimeFormat,
	} {
		if value != "" {
			options[option] = value
		}
	}
	if l.Blocking {
		options["mode"] = "blocking"
	}
	if l.Buffer > 0 {
		options["max-buffer-size"] = strconv.Itoa(int(l.Buffer)) + "m"
	}
	return &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: options}
}

func (l AWSLogs) group(own LogGroup) LogGroupRef {
	if l.Group == nil {
		return own
	}
	return l.Group
}

func (l AWSLogs) allow(own LogGroup, need *needs) {
	group := l.group(own)
	need.uses = append(need.uses, group.Resources()...)
	need.execution("logs:CreateLogStream", group.arnOfStreams())
	need.execution("logs:PutLogEvents", group.arnOfStreams())
}

// FireLens sends output to the task's log router, a container with
// [Container.WithLogRouter].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html
type FireLens struct {
	// Options are those of the output plugin of Fluent Bit or Fluentd, of which
	// "Name" is the plugin. None if the router has a configuration of its own.
	Options map[string]string
	// Secrets are options whose values are looked up when the task starts.
	Secrets map[string]Secret
}

func (l FireLens) input(LogGroup) *ecstypes.LogConfiguration {
	return &ecstypes.LogConfiguration{
		LogDriver: ecstypes.LogDriverAwsfirelens, Options: maps.Clone(l.Options), SecretOptions: secretList(sortedSecrets(l.Secrets)),
	}
}

func (l FireLens) allow(_ LogGroup, need *needs) {
	for _, s := range sortedSecrets(l.Secrets) {
		need.secret(s.secret)
	}
}

// Splunk sends output to Splunk's HTTP Event Collector.
// https://docs.docker.com/engine/logging/drivers/splunk/
type Splunk struct {
	// URL of the collector, such as "https://splunk.example:8088".
	URL string
	// Token of the collector.
	Token Secret
	// Options are further options of Docker's splunk driver, such as "splunk-index".
	Options map[string]string
}

func (l Splunk) input(LogGroup) *ecstypes.LogConfiguration {
	options := with(l.Options, "splunk-url", l.URL)
	return &ecstypes.LogConfiguration{
		LogDriver: ecstypes.LogDriverSplunk, Options: options, SecretOptions: secretList([]namedSecret{{"splunk-token", l.Token}}),
	}
}

func (l Splunk) allow(_ LogGroup, need *needs) { need.secret(l.Token) }

// NoLogging drops a container's output.
type NoLogging struct{}

func (NoLogging) input(LogGroup) *ecstypes.LogConfiguration { return nil }
func (NoLogging) allow(LogGroup, *needs)                    {}

// LogRouter makes a container the FireLens log router of its task.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_FirelensConfiguration.html
type LogRouter struct {
	// Fluentd: the image is Fluentd's, not Fluent Bit's.
	Fluentd bool
	// ConfigFile is the path of a configuration file in the image that is added to
	// the generated one; none if empty. Fargate cannot fetch it from S3.
	ConfigFile string
	// WithoutMetadata: records do not say which cluster, task and container they
	// come from.
	WithoutMetadata bool
}

func (r LogRouter) input() *ecstypes.FirelensConfiguration {
	f := &ecstypes.FirelensConfiguration{Type: ecstypes.FirelensConfigurationTypeFluentbit, Options: map[string]string{}}
	if r.Fluentd {
		f.Type = ecstypes.FirelensConfigurationTypeFluentd
	}
	f.Options["enable-ecs-log-metadata"] = strconv.FormatBool(!r.WithoutMetadata)
	if r.ConfigFile != "" {
		f.Options["config-file-type"], f.Options["config-file-value"] = "file", r.ConfigFile
	}
	return f
}

func (c Container) logConfiguration(own LogGroup) *ecstypes.LogConfiguration {
	return c.loggingOrDefault().input(own)
}

func (c Container) loggingOrDefault() Logging {
	if c.logging == nil {
		return AWSLogs{}
	}
	return c.logging
}

func sortedSecrets(m map[string]Secret) []namedSecret {
	var all []namedSecret
	for _, name := range slices.Sorted(maps.Keys(m)) {
		all = append(all, namedSecret{name, m[name]})
	}
	return all
}
