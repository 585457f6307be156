// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Containers with the log driver awsfirelens hand their lines to the task's log
// router. What it sends to CloudWatch Logs arrives there, written with the task's
// role; what it sends elsewhere, or by a configuration of its own, leaves the
// simulation.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html

// routed reports whether a container's lines go to the log router.
func routed(c *ecstypes.ContainerDefinition) bool {
	return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == ecstypes.LogDriverAwsfirelens
}

// router is the index of the log router, or -1.
func router(containers []ecstypes.ContainerDefinition) int {
	for i := range containers {
		if containers[i].FirelensConfiguration != nil {
			return i
		}
	}
	return -1
}

// output is a Fluent Bit output to CloudWatch Logs; keys are lower-case.
// https://docs.fluentbit.io/manual/pipeline/outputs/cloudwatch
type output map[string]string

// cloudwatchOutput is the output to CloudWatch Logs that a container declares, or nil.
func cloudwatchOutput(c *ecstypes.ContainerDefinition) output {
	if !routed(c) {
		return nil
	}
	o := output{}
	for k, v := range c.LogConfiguration.Options {
		o[strings.ToLower(k)] = v
	}
	if name := o["name"]; name != "cloudwatch_logs" && name != "cloudwatch" {
		return nil
	}
	return o
}

// outputsModelled refuses options that change where lines arrive, but are left for later.
func outputsModelled(in *awsecs.RegisterTaskDefinitionInput) error {
	for i := range in.ContainerDefinitions {
		o := cloudwatchOutput(&in.ContainerDefinitions[i])
		for _, option := range []string{"log_group_template", "log_stream_template", "log_retention_days", "role_arn"} {
			if o[option] != "" {
				return sim.NotModelled("option %s of Fluent Bit's output to CloudWatch Logs is not modelled", option)
			}
		}
	}
	return nil
}

// broken is why Fluent Bit does not start with the output, or "".
func (o output) broken() string {
	switch {
	case o["log_group_name"] == "":
		return "'log_group_name' is a required field"
	case o["log_stream_name"] == "" && o["log_stream_prefix"] == "":
		return "Either 'log_stream_name' or 'log_stream_prefix' is required"
	}
	return ""
}

// creates reports whether the output makes the log group.
func (o output) creates() bool {
	switch strings.ToLower(o["auto_create_group"]) {
	case "true", "on", "yes":
		return true
	}
	return false
}

// stream is where lines with a tag go.
func (o output) stream(tag string) string {
	if prefix := o["log_stream_prefix"]; prefix != "" {
		return prefix + tag
	}
	return o["log_stream_name"]
}

// startRouter has a log router that cannot use an output of a container end, and
// say why.
func (c *container) startRouter() {
	if c.def.FirelensConfiguration == nil {
		return
	}
	for _, sender := range c.t.containers {
		o := cloudwatchOutput(sender.def)
		if o == nil || o.broken() == "" {
			continue
		}
		c.complain(o.broken())
		c.then(0, func() { c.exited(&world.Exit{Code: 1}) })
		return
	}
}

// complain writes an error of the router's output to its own log.
func (c *container) complain(why string) {
	c.log([]string{"[error] [output:cloudwatch_logs:cloudwatch_logs.1] " + why})
}

// route hands lines to the task's log router.
func (c *container) route(lines []string) {
	i := router(c.t.spec.td.definition.ContainerDefinitions)
	o := cloudwatchOutput(c.def)
	if i < 0 || o == nil || len(lines) == 0 {
		return
	}
	by := c.t.containers[i]
	if by.status != running || o.broken() != "" {
		return
	}
	// The tag is that of FireLens.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef.html
	stream, region := o.stream(value(c.def.Name)+"-firelens-"+c.t.id), o["region"]
	if region == "" {
		region = c.t.region()
	}
	if err := c.t.openStream(o, region, stream); err != nil {
		by.complain(err.Error())
		return
	}
	for _, line := range lines {
		c.t.fake().needs.Logs.Write(region, o["log_group_name"], stream, c.t.now(), c.record(by, o["log_key"], line))
	}
}

// errNoStream is in Fluent Bit's words, for all that is not an answer of AWS.
var errNoStream = errors.New("failed to create log stream")

// openStream makes the stream, and the group if need be, with the task's role.
func (t *task) openStream(o output, region, stream string) error {
	logs, group := t.fake().needs.Logs, o["log_group_name"]
	if t.spec.taskRole == "" || !t.reaches("logs") {
		return errNoStream
	}
	err := logs.Stream(region, group, stream, t.role)
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ResourceNotFoundException" && o.creates() {
		if err := logs.Group(region, group, t.role); err != nil {
			return refusedBy("CreateLogGroup", err)
		}
		err = logs.Stream(region, group, stream, t.role)
	}
	if errors.As(err, &api) && api.ErrorCode() == "ResourceAlreadyExistsException" {
		return nil
	}
	return refusedBy("CreateLogStream", err)
}

// refusedBy is how Fluent Bit tells that AWS refused an operation.
// https://github.com/fluent/fluent-bit/blob/master/src/aws/flb_aws_util.c
func refusedBy(operation string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	return fmt.Errorf("%s API responded with error='%s', message='%s'", operation, api.ErrorCode(), api.ErrorMessage())
}

// record is a line as Fluent Bit writes it: as JSON with what FireLens knows, or
// the one field that is asked for.
func (c *container) record(by *container, key, line string) string {
	fields := map[string]string{
		"container_id": c.t.id + "-" + c.id, "container_name": value(c.def.Name), "source": "stdout", "log": line,
	}
	if by.def.FirelensConfiguration.Options["enable-ecs-log-metadata"] != "false" {
		fields["ecs_cluster"], fields["ecs_task_arn"] = c.t.cl.name, c.t.arn
		fields["ecs_task_definition"] = lastPart(c.t.spec.td.arn())
	}
	if key != "" {
		return fields[key]
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return line
	}
	return string(raw)
}
