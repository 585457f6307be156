// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// secretParts is how many parts the ARN of a secret has; a key, a stage and a version
// may follow.
const secretParts = 7

// SecretARN cuts what follows the ARN of a secret in a reference to it.
func SecretARN(from string) string {
	parts := strings.Split(from, ":")
	if strings.HasPrefix(from, "arn:") && len(parts) > secretParts {
		return strings.Join(parts[:secretParts], ":")
	}
	return from
}

// Secret looks up whether a secret exists and is not about to be deleted. Its value is
// never read.
func Secret(ctx context.Context, c slipway.Call, from string) slipway.Check {
	id := SecretARN(from)
	subject := "secret " + id + " exists"
	out, err := slipway.Client(c, awssm.NewFromConfig).DescribeSecret(ctx, &awssm.DescribeSecretInput{SecretId: aws.String(id)})
	missing := slipway.Cause{Code: slipway.SecretMissing, Summary: "secret " + id + " does not exist",
		Evidence: []string{"Secrets Manager finds no such secret"}, Remedy: "make the secret, or correct the reference; the ARN ends in six random characters",
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"}
	switch {
	case awserr.Is(err, "ResourceNotFoundException"):
		return failed(subject, missing)
	case err != nil:
		return unanswered(subject, err)
	case out.DeletedDate != nil:
		missing.Summary = "secret " + id + " is scheduled for deletion"
		missing.Evidence = []string{"it was deleted at " + out.DeletedDate.UTC().String()}
		missing.Remedy = "restore the secret"
		return failed(subject, missing)
	}
	return passed(subject)
}

// ParameterName is the name in a reference to a parameter, which may be an ARN.
func ParameterName(from string) string {
	_, name, ok := strings.Cut(from, ":parameter")
	if !ok {
		return from
	}
	// The ARN of /a/b ends in parameter/a/b, that of c in parameter/c.
	if trimmed := strings.TrimPrefix(name, "/"); !strings.Contains(trimmed, "/") {
		return trimmed
	}
	return name
}

// Parameter looks up whether a parameter exists. Its value is never read.
func Parameter(ctx context.Context, c slipway.Call, from string) slipway.Check {
	name := ParameterName(from)
	subject := "parameter " + name + " exists"
	out, err := slipway.Client(c, awsssm.NewFromConfig).DescribeParameters(ctx, &awsssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{name}}},
	})
	if err != nil {
		return unanswered(subject, err)
	}
	if len(out.Parameters) == 0 {
		return failed(subject, slipway.Cause{Code: slipway.ParameterMissing, Summary: "parameter " + name + " does not exist",
			Evidence: []string{"Systems Manager finds no such parameter"}, Remedy: "make the parameter in the task's region, or correct its name",
			Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html"})
	}
	return passed(subject)
}

// LogGroup looks up whether a log group exists.
func LogGroup(ctx context.Context, c slipway.Call, name string) slipway.Check {
	subject := "log group " + name + " exists"
	pages := awslogs.NewDescribeLogGroupsPaginator(slipway.Client(c, awslogs.NewFromConfig), &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return unanswered(subject, err)
		}
		for _, g := range out.LogGroups {
			if aws.ToString(g.LogGroupName) == name {
				return passed(subject)
			}
		}
	}
	return failed(subject, slipway.Cause{Code: slipway.LogGroupMissing, Summary: "log group " + name + " does not exist",
		Evidence: []string{"CloudWatch Logs finds no such group"}, Remedy: "make the log group, or set awslogs-create-group and allow logs:CreateLogGroup",
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html"})
}
