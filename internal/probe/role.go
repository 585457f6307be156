// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/policy"
)

const docTaskRoles = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-ecs-iam-role-overview.html"

// Role looks up whether a role exists and lets the service, such as
// "ecs-tasks.amazonaws.com", assume it for something of that ARN.
func Role(ctx context.Context, c slipway.Call, arn, service, source string) slipway.Check {
	subject := "role " + arn + " can be assumed by " + service
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	out, err := slipway.Client(c, awsiam.NewFromConfig).GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String(name)})
	if awserr.Is(err, "NoSuchEntity", "NoSuchEntityException") {
		return failed(subject, slipway.Cause{Code: slipway.RoleNotAssumable, Summary: "role " + arn + " does not exist",
			Evidence: []string{"IAM finds no role " + name}, Remedy: "make the role, and let " + service + " assume it", Doc: docTaskRoles})
	}
	if err != nil {
		return unanswered(subject, err)
	}
	text, err := url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
	if err != nil {
		return unanswered(subject, err)
	}
	return Trusts(subject, arn, text, service, c.Account, source)
}

// Trusts judges a trust policy.
func Trusts(subject, arn, document, service, account, source string) slipway.Check {
	trust, err := policy.Parse(document)
	if err != nil {
		return unanswered(subject, err)
	}
	request := policy.Request{
		Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: arn,
		Context: map[string][]string{"aws:SourceAccount": {account}, "aws:SourceArn": {source}},
	}
	set := policy.Set{Trust: true, Resource: &policy.Named{Name: arn, Document: trust}}
	if !set.Evaluate(request).Allowed {
		return failed(subject, slipway.Cause{Code: slipway.RoleNotAssumable, Summary: "role " + arn + " does not trust " + service,
			Evidence: []string{"its trust policy: " + trust.String()}, Remedy: "let its trust policy allow sts:AssumeRole to " + service, Doc: docTaskRoles})
	}
	return passed(subject)
}

// Permission looks up whether a role may do something, by simulating its policies.
// denied is the cause if it may not.
func Permission(ctx context.Context, c slipway.Call, role, action, resource string, denied slipway.Cause) slipway.Check {
	subject := "role " + role[strings.LastIndexByte(role, '/')+1:] + " may " + action + " on " + resource
	out, err := slipway.Client(c, awsiam.NewFromConfig).SimulatePrincipalPolicy(ctx, &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(role), ActionNames: []string{action}, ResourceArns: []string{resource},
	})
	if err != nil {
		return unanswered(subject, err)
	}
	for _, r := range out.EvaluationResults {
		if r.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
			denied.Evidence = append(denied.Evidence, "the policies of "+role+" give "+string(r.EvalDecision)+" for "+action+" on "+resource)
			return failed(subject, denied)
		}
	}
	return passed(subject)
}
