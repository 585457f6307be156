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

// Grant is something that a role may have to be allowed to do.
type Grant struct {
	Role, Action, Resource string
	// Policy reads the policy of the resource itself, which can allow and deny, too;
	// nil if there is no such thing.
	Policy func() (string, error)
	// Hidden: the resource has a policy that cannot be read. What nothing else
	// allows may be allowed there.
	Hidden bool
}

func (g Grant) subject() string {
	return "role " + g.Role[strings.LastIndexByte(g.Role, '/')+1:] + " may " + g.Action + " on " + g.Resource
}

// Permission looks up whether a role may do something, by simulating its policies and
// reading that of the resource. denied is the cause if it may not.
func Permission(ctx context.Context, c slipway.Call, g Grant, denied slipway.Cause) slipway.Check {
	out, err := slipway.Client(c, awsiam.NewFromConfig).SimulatePrincipalPolicy(ctx, &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &g.Role, ActionNames: []string{g.Action}, ResourceArns: []string{g.Resource},
	})
	if err != nil {
		return unanswered(g.subject(), err)
	}
	decision := iamtypes.PolicyEvaluationDecisionTypeAllowed
	for _, r := range out.EvaluationResults {
		if decision = r.EvalDecision; len(r.MissingContextValues) > 0 && decision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
			return unknown(g.subject(), "it depends on "+strings.Join(r.MissingContextValues, ", "))
		}
	}
	return g.judged(c.Account, decision, denied)
}

// judged joins what the role's policies say with what the resource's own says.
func (g Grant) judged(account string, by iamtypes.PolicyEvaluationDecisionType, denied slipway.Cause) slipway.Check {
	denied.Evidence = append(denied.Evidence, "the policies of "+g.Role+" give "+string(by)+" for "+g.Action+" on "+g.Resource)
	if by == iamtypes.PolicyEvaluationDecisionTypeExplicitDeny {
		return failed(g.subject(), denied)
	}
	allowed := by == iamtypes.PolicyEvaluationDecisionTypeAllowed
	own, err := g.own(account)
	switch {
	case err != nil && !allowed:
		return unknown(g.subject(), "the role's policies do not allow it, and that of the resource was not read: "+err.Error())
	case own.Explicit():
		denied.Evidence = []string{"the policy of " + g.Resource + " denies " + g.Action + " to " + g.Role}
		return failed(g.subject(), denied)
	case allowed || own.Allowed:
		return passed(g.subject())
	case g.Hidden:
		denied.Confidence = slipway.Likely
		return slipway.Check{Subject: g.subject(), Cause: &denied}
	}
	return failed(g.subject(), denied)
}

// own is what the resource's policy says to the role.
func (g Grant) own(account string) (policy.Decision, error) {
	if g.Policy == nil {
		return policy.Decision{}, nil
	}
	text, err := g.Policy()
	if err != nil || text == "" {
		return policy.Decision{}, err
	}
	doc, err := policy.Parse(text)
	if err != nil {
		return policy.Decision{}, err
	}
	return policy.Set{Resource: &policy.Named{Name: g.Resource, Document: doc}}.Evaluate(policy.Request{
		Principal: policy.Principal{Role: g.Role, Account: account}, Action: g.Action, Resource: g.Resource,
		Context: map[string][]string{"aws:PrincipalArn": {g.Role}, "aws:PrincipalAccount": {account}},
	}), nil
}
