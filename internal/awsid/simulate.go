// SPDX-License-Identifier: Apache-2.0

package awsid

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/slipway-go/slipway"
)

const docSimulate = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"

// Simulate makes a driver that embeds Identity a [slipway.Simulator]: it has IAM
// evaluate the caller's policies. Policies of resources, and of the organization for
// assumed roles, are not part of that, so what is denied may yet be allowed elsewhere.
func (Identity) Simulate(ctx context.Context, c slipway.Call, permissions []slipway.Permission) []slipway.Check {
	who, why := simulated(ctx, c)
	checks := make([]slipway.Check, 0, len(permissions))
	for _, p := range permissions {
		check := slipway.Check{Subject: "the caller may " + strings.Join(p.Actions, ", ") + " on " + strings.Join(p.Resources, ", "), Unknown: why}
		if why == "" && who != "" {
			check = decided(ctx, c, who, p, check)
		}
		checks = append(checks, check)
		if check.Unknown != "" && why == "" && denied(check.Unknown) {
			why = check.Unknown // it is so for all
		}
	}
	return checks
}

func denied(why string) bool { return strings.HasPrefix(why, "AccessDenied") }

// simulated is whose policies are evaluated: the user, or the role of a session; empty
// for the account's root user, who may do everything. why says that they cannot be.
func simulated(ctx context.Context, c slipway.Call) (who, why string) {
	out, err := slipway.Client(c, awssts.NewFromConfig).GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
	if err != nil {
		return "", reason(err)
	}
	caller := aws.ToString(out.Arn)
	a, err := arn.Parse(caller)
	if err != nil {
		return "", "the caller is " + caller
	}
	if a.Resource == "root" {
		return "", ""
	}
	name, ok := strings.CutPrefix(a.Resource, "assumed-role/")
	if !ok {
		return caller, ""
	}
	name, _, _ = strings.Cut(name, "/")
	// The ARN of a session lacks the path of its role.
	role, err := slipway.Client(c, awsiam.NewFromConfig).GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "arn:" + a.Partition + ":iam::" + a.AccountID + ":role/" + name, ""
	}
	return aws.ToString(role.Role.Arn), ""
}

func reason(err error) string {
	if code := slipway.ErrorCode(err); code != "" {
		return code + ": " + err.Error()
	}
	return err.Error()
}

func decided(ctx context.Context, c slipway.Call, who string, p slipway.Permission, check slipway.Check) slipway.Check {
	pages := awsiam.NewSimulatePrincipalPolicyPaginator(slipway.Client(c, awsiam.NewFromConfig), &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &who, ActionNames: p.Actions, ResourceArns: p.Resources, ContextEntries: entries(c, p.Conditions),
	})
	var evidence, lacking []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			check.Unknown = reason(err)
			return check
		}
		for _, r := range page.EvaluationResults {
			for _, d := range decisions(&r) {
				switch {
				case d.EvalResourceDecision == iamtypes.PolicyEvaluationDecisionTypeAllowed:
				case len(d.MissingContextValues) > 0:
					lacking = append(lacking, d.MissingContextValues...)
				default:
					evidence = append(evidence, string(d.EvalResourceDecision)+" of "+aws.ToString(r.EvalActionName)+" on "+aws.ToString(d.EvalResourceName))
				}
			}
		}
	}
	switch {
	case len(evidence) > 0:
		check.Cause = &slipway.Cause{
			Code: slipway.NotPermitted, Confidence: slipway.Likely, Summary: who + " may not do all that applying the stack takes",
			Evidence: evidence, Remedy: "allow it, for instance by the policy that the plan prints", Doc: docSimulate,
		}
	case len(lacking) > 0:
		slices.Sort(lacking)
		check.Unknown = "the caller's policies make it depend on " + strings.Join(slices.Compact(lacking), ", ")
	}
	return check
}

// decisions are those of each resource; with "*" there is but that of the whole.
func decisions(r *iamtypes.EvaluationResult) []iamtypes.ResourceSpecificResult {
	if len(r.ResourceSpecificResults) > 0 {
		return r.ResourceSpecificResults
	}
	return []iamtypes.ResourceSpecificResult{{
		EvalResourceDecision: r.EvalDecision, EvalResourceName: r.EvalResourceName, MissingContextValues: r.MissingContextValues,
	}}
}

// entries are the region, and the values that conditions ask for: what the calls will
// have.
func entries(c slipway.Call, conditions map[string]map[string][]string) []iamtypes.ContextEntry {
	all := []iamtypes.ContextEntry{{
		ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyValues: []string{c.Config.Region}, ContextKeyType: iamtypes.ContextKeyTypeEnumString,
	}}
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			values := conditions[operator][key]
			kind := iamtypes.ContextKeyTypeEnumString
			if len(values) > 1 {
				kind = iamtypes.ContextKeyTypeEnumStringList
			}
			all = append(all, iamtypes.ContextEntry{ContextKeyName: &key, ContextKeyValues: values, ContextKeyType: kind})
		}
	}
	return all
}
