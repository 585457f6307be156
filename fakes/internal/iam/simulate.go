// SPDX-License-Identifier: Apache-2.0

package iam

import (
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

// simulate says what a role or user may do, one result for each action and
// resource.
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
		for _, resource := range resources {
			access := sim.Access{Action: action, Resource: resource, Context: context}
			out.EvaluationResults = append(out.EvaluationResults, f.evaluation(who, access))
		}
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

func (f *Fake) evaluation(who sim.Principal, a sim.Access) iamtypes.EvaluationResult {
	d := f.decide(who, a)
	result := iamtypes.EvaluationResult{
		EvalActionName: aws.String(a.Action), EvalResourceName: aws.String(a.Resource), MatchedStatements: []iamtypes.Statement{},
	}
	switch {
	case d.Allowed:
		result.EvalDecision = iamtypes.PolicyEvaluationDecisionTypeAllowed
	case d.Explicit():
		result.EvalDecision = iamtypes.PolicyEvaluationDecisionTypeExplicitDeny
	default:
		result.EvalDecision = iamtypes.PolicyEvaluationDecisionTypeImplicitDeny
	}
	if d.Statement != nil {
		result.MatchedStatements = append(result.MatchedStatements, iamtypes.Statement{
			SourcePolicyId: aws.String(d.Policy), SourcePolicyType: sourceType(d.Policy),
		})
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
