// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// roleRules look at what needs an execution role, and at the ARNs.
var roleRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-role-arn", Code: clientException, Doc: docTaskDefinition, Text: "Role is not valid"}, Check: roleARNs},
	needsExecutionRole("ecs-execution-role-secrets", "secrets",
		"When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
		"https://github.com/fabfuel/ecs-deploy/issues/87",
		func(c *container) bool {
			return len(c.Secrets) > 0 || (c.LogConfiguration != nil && len(c.LogConfiguration.SecretOptions) > 0)
		}),
	needsExecutionRole("ecs-execution-role-credentials", "repository credentials",
		"Private repository authentication requires that the task definition specify a value for executionRoleArn.",
		"https://github.com/sil-org/ecs-deploy/issues/188",
		func(c *container) bool { return c.RepositoryCredentials != nil }),
	onlyFargate(needsExecutionRole("ecs-execution-role-ecr", "an image in ECR",
		"Fargate requires task definition to have execution role ARN to support ECR images.",
		"https://github.com/hashicorp/terraform-provider-aws/issues/3051",
		func(c *container) bool { return ecrImage.MatchString(value(c.Image)) })),
	onlyFargate(needsExecutionRole("ecs-execution-role-awslogs", "log driver awslogs",
		"Fargate requires task definition to have execution role ARN to support log driver awslogs.",
		"https://github.com/virtual-kubelet/virtual-kubelet/issues/193",
		func(c *container) bool {
			return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == ecstypes.LogDriverAwslogs
		})),
	{Meta: rules.Meta{
		ID: "ecs-execution-role-environment-files", Code: clientException, Doc: docExecutionRole, Warn: true,
	}, Check: needsExecutionRole("", "environment files", "", "", func(c *container) bool { return len(c.EnvironmentFiles) > 0 }).Check},
}

var ecrImage = regexp.MustCompile(`^\d{12}\.dkr[.-]ecr[.-]`)

// needsExecutionRole is the rule that a container with something needs the role.
func needsExecutionRole(id, what, text, doc string, has func(*container) bool) taskRule {
	return taskRule{
		Meta: rules.Meta{ID: id, Code: clientException, Doc: doc, Text: text},
		Check: func(r *rules.Report, in *task) {
			if value(in.ExecutionRoleArn) != "" {
				return
			}
			containers(func(r *rules.Report, path string, c *container) {
				if has(c) {
					r.Add(rules.Problem{Path: "ExecutionRoleArn", Got: "none", Want: "a role, for " + path + " has " + what})
				}
			})(r, in)
		},
	}
}

func onlyFargate(rule taskRule) taskRule {
	return taskRule{Meta: rule.Meta, Check: onFargate(rule.Check)}
}

// roleARNs checks the shape; a role's bare name is taken too.
func roleARNs(r *rules.Report, in *task) {
	for _, role := range []struct {
		field string
		arn   *string
	}{{"TaskRoleArn", in.TaskRoleArn}, {"ExecutionRoleArn", in.ExecutionRoleArn}} {
		s := value(role.arn)
		if strings.HasPrefix(s, "arn:") && !strings.Contains(s, ":role/") {
			r.Add(rules.Problem{Path: role.field, Got: quote(s), Want: "the ARN of a role"})
		}
	}
}
