// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway/internal/rules"
)

// RunTask has the rules of tasks that no service looks after.
var RunTask = rules.Of[run](slices.Concat(
	runRules, shape(ofRun), onRun(placementRules), lookups(ofRun), ebsRules(runVolumes), overrideRules,
))

const maxRun = 10

var runRules = []rules.Rule[awsecs.RunTaskInput]{
	{Meta: rules.Meta{
		ID: "ecs-run-count", Code: invalidParameter, Doc: api + "API_RunTask.html", Text: "Invalid count. Specify a count between 1 and 10.",
	}, Check: func(r *rules.Report, in *awsecs.RunTaskInput) { between(r, "Count", in.Count, 1, maxRun, " tasks", "") }},
}

func ofRun(_ *rules.Report, in *awsecs.RunTaskInput) launch {
	return launch{
		cluster: value(in.Cluster), taskDefinition: value(in.TaskDefinition), launchType: in.LaunchType,
		strategy: in.CapacityProviderStrategy, network: in.NetworkConfiguration, platformVersion: in.PlatformVersion,
		exec: in.EnableExecuteCommand, tags: in.Tags,
	}
}
