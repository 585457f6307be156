// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// loggingRules look at log drivers and their options.
var loggingRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-awslogs-options", Code: clientException, Doc: api + "API_LogConfiguration.html"}, Check: containers(awslogsOptions)},
	{Meta: rules.Meta{
		ID: "ecs-awslogs-prefix", Code: clientException, Doc: api + "API_LogConfiguration.html",
		Text: "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
	}, Check: onFargate(containers(func(r *rules.Report, path string, c *container) {
		if l := c.LogConfiguration; l != nil && l.LogDriver == ecstypes.LogDriverAwslogs && l.Options["awslogs-stream-prefix"] == "" {
			r.Add(rules.Problem{Path: path + ".LogConfiguration.Options[awslogs-stream-prefix]", Got: "none", Want: "a prefix on Fargate"})
		}
	}))},
	{Meta: rules.Meta{
		ID: "ecs-firelens-router", Code: clientException, Doc: "https://github.com/cloudposse/terraform-aws-ecs-container-definition/issues/47",
		Text: "When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver.",
	}, Check: firelensUsed},
	{Meta: rules.Meta{
		ID: "ecs-firelens-without-router", Code: clientException, Doc: "https://github.com/fabfuel/ecs-deploy/issues/164",
		Text: "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.",
	}, Check: firelensRouter},
	{Meta: rules.Meta{
		ID: "ecs-firelens-user", Code: clientException, Doc: "https://github.com/cloudposse/terraform-aws-ecs-container-definition/pull/97",
		Text: "If 'user' field is specified on firelens container, then 'UID' has to be '0'.",
	}, Check: containers(firelensUser)},
	{Meta: rules.Meta{
		ID: "ecs-firelens-one-router", Code: clientException, Doc: guide + "using_firelens.html", Warn: true,
	}, Check: func(r *rules.Report, in *task) {
		if n, _ := routers(in); n > 1 {
			r.Add(rules.Problem{Path: "ContainerDefinitions", Got: count(n, "log router"), Want: "one at the most"})
		}
	}},
}

func awslogsOptions(r *rules.Report, path string, c *container) {
	l := c.LogConfiguration
	if l == nil || l.LogDriver != ecstypes.LogDriverAwslogs {
		return
	}
	for _, option := range []string{"awslogs-group", "awslogs-region"} {
		if l.Options[option] == "" {
			r.Add(rules.Problem{
				Path: path + ".LogConfiguration.Options[" + option + "]", Got: "none", Want: "a value",
				Text: "Log driver awslogs requires options: awslogs-region, awslogs-group",
			})
		}
	}
}

// routers counts the containers that route logs and those that send theirs there.
func routers(in *task) (routers, senders int) {
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		if c.FirelensConfiguration != nil {
			routers++
		}
		if c.LogConfiguration != nil && c.LogConfiguration.LogDriver == ecstypes.LogDriverAwsfirelens {
			senders++
		}
	}
	return routers, senders
}

func firelensUsed(r *rules.Report, in *task) {
	if n, senders := routers(in); n > 0 && senders == 0 {
		r.Add(rules.Problem{Path: "ContainerDefinitions", Got: "a log router that nobody sends to", Want: "a container with log driver awsfirelens"})
	}
}

// firelensUser looks at the user of a log router, "uid" or "uid:gid".
func firelensUser(r *rules.Report, path string, c *container) {
	if c.FirelensConfiguration == nil || c.User == nil {
		return
	}
	if uid, _, _ := strings.Cut(*c.User, ":"); uid != "0" {
		r.Add(rules.Problem{Path: path + ".User", Got: *c.User, Want: "0, or none, for a log router"})
	}
}

func firelensRouter(r *rules.Report, in *task) {
	if n, senders := routers(in); senders > 0 && n == 0 {
		r.Add(rules.Problem{Path: "ContainerDefinitions", Got: "no log router", Want: "one with log driver awsfirelens"})
	}
}
