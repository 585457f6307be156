// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) serveSimulator(s *sim.Service) {
	sim.Handle(s, "SimulatePrincipalPolicy", f.simulate,
		sim.Needs(func(_ *sim.Call, in *awsiam.SimulatePrincipalPolicyInput) []sim.Access {
			return []sim.Access{{Action: "iam:SimulatePrincipalPolicy", Resource: aws.ToString(in.PolicySourceArn)}}
		}),
		sim.Refuses[awsiam.SimulatePrincipalPolicyInput]("CallerArn", "PermissionsBoundaryPolicyInputList", "PolicyInputList",
			"PolicyExclusionList", "ResourceHandlingOption", "ResourceOwner", "ResourcePolicy", "Marker", "MaxItems"))
}

// simulate says what a role or user may do, one result for each action, with one for
// each resource in it.
func (f *Fake) simulate(_ *sim.Call, in *awsiam.SimulatePrincipalPolicyInput) (*awsiam.SimulatePrincipalPolicyOutput, error) {
	who, err := f.simulated(aws.ToString(in.PolicySourceArn))
	if err != nil {
		return nil, err
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	context := map[string][]string{}
	for _, e := range in.ContextEntries {
		context[aws.ToString(e.ContextKeyName)] = e.ContextKeyValues
	}
	out := &awsiam.SimulatePrincipalPolicyOutput{}
	for _, action := range in.ActionNames {
		var each []iamtypes.ResourceSpecificResult
		for _, resource := range resources {
			each = append(each, f.evaluation(who, sim.Access{Action: action, Resource: resource, Context: context}))
		}
		out.EvaluationResults = append(out.EvaluationResults, aggregate(action, each))
	}
	return out, nil
}

// simulated is a session of the role, or the user, of an ARN.
func (f *Fake) simulated(arn string) (sim.Principal, error) {
	if r, ok := f.roles[nameOf(arn)]; ok && *r.Arn == arn {
		return f.principal(r, sessionName), nil
	}
	if u, ok := f.users[nameOf(arn)]; ok && *u.Arn == arn {
		return sim.Principal{ARN: arn, UserID: *u.UserId, Account: f.sim.Account()}, nil
	}
	return sim.Principal{}, missing("The principal %s cannot be found.", arn)
}

func (f *Fake) evaluation(who sim.Principal, a sim.Access) iamtypes.ResourceSpecificResult {
	set, request := f.question(who, a)
	d := set.Evaluate(request)
	result := iamtypes.ResourceSpecificResult{
		EvalResourceName: aws.String(a.Resource), MatchedStatements: []iamtypes.Statement{}, MissingContextValues: set.Lacks(request),
	}
	switch {
	case d.Allowed:
		result.EvalResourceDecision = iamtypes.PolicyEvaluationDecisionTypeAllowed
	case d.Explicit():
		result.EvalResourceDecision = iamtypes.PolicyEvaluationDecisionTypeExplicitDeny
	default:
		result.EvalResourceDecision = iamtypes.PolicyEvaluationDecisionTypeImplicitDeny
	}
	if d.Statement != nil {
		result.MatchedStatements = append(result.MatchedStatements, iamtypes.Statement{
			SourcePolicyId: aws.String(d.Policy), SourcePolicyType: sourceType(d.Policy),
		})
	}
	return result
}

// severity of decisions: the most restrictive one of all resources is the whole's.
var severity = []iamtypes.PolicyEvaluationDecisionType{
	iamtypes.PolicyEvaluationDecisionTypeAllowed, iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, iamtypes.PolicyEvaluationDecisionTypeExplicitDeny,
}

// aggregate joins the results of all resources. The resource's name is that of no ARN
// format, which are not known here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
func aggregate(action string, each []iamtypes.ResourceSpecificResult) iamtypes.EvaluationResult {
	result := iamtypes.EvaluationResult{
		EvalActionName: aws.String(action), EvalResourceName: aws.String("*"), EvalDecision: severity[0], MatchedStatements: []iamtypes.Statement{},
	}
	for _, r := range each {
		if slices.Index(severity, r.EvalResourceDecision) > slices.Index(severity, result.EvalDecision) {
			result.EvalDecision = r.EvalResourceDecision
		}
	}
	for _, r := range each {
		if r.EvalResourceDecision == result.EvalDecision {
			result.MatchedStatements = append(result.MatchedStatements, r.MatchedStatements...)
		}
		result.MissingContextValues = append(result.MissingContextValues, r.MissingContextValues...)
	}
	slices.Sort(result.MissingContextValues)
	result.MissingContextValues = slices.Compact(result.MissingContextValues)
	if len(each) > 1 || aws.ToString(each[0].EvalResourceName) != "*" {
		result.ResourceSpecificResults = each
	}
	return result
}

func sourceType(policy string) iamtypes.PolicySourceType {
	switch {
	case strings.HasPrefix(policy, awsPolicyPrefix):
		return iamtypes.PolicySourceTypeAwsManaged
	case strings.HasPrefix(policy, "arn:"):
		return iamtypes.PolicySourceTypeUserManaged
	default:
		return iamtypes.PolicySourceTypeRole
	}
}
