// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
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

// Kept is a secret or parameter as it was found.
type Kept struct {
	// ARN is that of policies; empty if there is none such.
	ARN string
	// Key is the ARN of the account's own KMS key that it is encrypted with; empty
	// with AWS's.
	Key string
}

// keyARN completes the id or alias of a key.
func keyARN(c slipway.Call, id string) string {
	switch {
	case id == "" || strings.Contains(id, "alias/aws/"):
		return ""
	case strings.HasPrefix(id, "arn:"):
		return id
	case strings.HasPrefix(id, "alias/"):
		return "arn:" + c.Partition + ":kms:" + c.Config.Region + ":" + c.Account + ":" + id
	default:
		return "arn:" + c.Partition + ":kms:" + c.Config.Region + ":" + c.Account + ":key/" + id
	}
}

// regionOf is the region of an ARN; empty if it is none.
func regionOf(id string) string {
	a, err := arn.Parse(id)
	if err != nil {
		return ""
	}
	return a.Region
}

// Secret looks up whether a secret exists and is not about to be deleted. Its value is
// never read.
func Secret(ctx context.Context, c slipway.Call, from string) (slipway.Check, Kept) {
	id := SecretARN(from)
	subject := "secret " + id + " exists"
	c = in(c, regionOf(id))
	out, err := slipway.Client(c, awssm.NewFromConfig).DescribeSecret(ctx, &awssm.DescribeSecretInput{SecretId: aws.String(id)})
	missing := slipway.Cause{Code: slipway.SecretMissing, Summary: "secret " + id + " does not exist",
		Evidence: []string{"Secrets Manager finds no such secret"}, Remedy: "make the secret, or correct the reference; the ARN ends in six random characters",
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"}
	switch {
	case awserr.Is(err, "ResourceNotFoundException"):
		return failed(subject, missing), Kept{}
	case err != nil:
		return unanswered(subject, err), Kept{}
	case out.DeletedDate != nil:
		missing.Summary = "secret " + id + " is scheduled for deletion"
		missing.Evidence = []string{"it was deleted at " + out.DeletedDate.UTC().String()}
		missing.Remedy = "restore the secret"
		return failed(subject, missing), Kept{}
	}
	return passed(subject), Kept{ARN: aws.ToString(out.ARN), Key: keyARN(c, aws.ToString(out.KmsKeyId))}
}

// SecretPolicy reads the secret's own policy; it is empty if there is none.
func SecretPolicy(ctx context.Context, c slipway.Call, id string) (string, error) {
	out, err := slipway.Client(in(c, regionOf(id)), awssm.NewFromConfig).GetResourcePolicy(ctx, &awssm.GetResourcePolicyInput{SecretId: &id})
	if err != nil {
		return "", awserr.Wrap(err, "read the policy of secret "+id)
	}
	return aws.ToString(out.ResourcePolicy), nil
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

// Parameter looks up whether a parameter exists. Its value is never read. Those of
// other accounts are not asked for.
func Parameter(ctx context.Context, c slipway.Call, from string) (slipway.Check, Kept) {
	name := ParameterName(from)
	subject := "parameter " + name + " exists"
	if a, err := arn.Parse(from); err == nil && c.Account != "" && a.AccountID != c.Account {
		return unknown(subject, "it is of account "+a.AccountID+", and is not asked for"), Kept{ARN: from}
	}
	c = in(c, regionOf(from))
	out, err := slipway.Client(c, awsssm.NewFromConfig).DescribeParameters(ctx, &awsssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{name}}},
	})
	if err != nil {
		return unanswered(subject, err), Kept{}
	}
	if len(out.Parameters) == 0 {
		return failed(subject, slipway.Cause{Code: slipway.ParameterMissing, Summary: "parameter " + name + " does not exist",
			Evidence: []string{"Systems Manager finds no such parameter"}, Remedy: "make the parameter in the task's region, or correct its name",
			Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html"}), Kept{}
	}
	kept := Kept{ARN: "arn:" + c.Partition + ":ssm:" + c.Config.Region + ":" + c.Account + ":parameter/" + strings.TrimPrefix(name, "/")}
	if p := out.Parameters[0]; p.Type == ssmtypes.ParameterTypeSecureString {
		kept.Key = keyARN(c, aws.ToString(p.KeyId))
	}
	return passed(subject), kept
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
