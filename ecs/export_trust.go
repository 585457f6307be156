// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/gosource"
	modeliam "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/policy"
)

// roleTrust declares whom a role trusts beside the tasks, whose trust a task
// definition adds. What no principal can say is overridden.
func (x *exporter) roleTrust(r expressed[iam.Role], document string) expressed[iam.Role] {
	parsed, err := policy.Parse(document)
	if err != nil {
		return overriddenTrust(x, r, document)
	}
	tasks := iam.NewRole("").WithTrust(tasksTrust())
	for _, s := range parsed.Statements {
		if x.sameTrust(tasks, s) {
			continue
		}
		p, ok := trusted(s)
		if !ok || !x.sameTrust(iam.NewRole("").WithTrust(p), s) {
			return overriddenTrust(x, r, document)
		}
		r = r.Then(r.V.WithTrust(p), "WithTrust", p)
	}
	return r
}

func overriddenTrust(x *exporter, r expressed[iam.Role], document string) expressed[iam.Role] {
	override := func(in *awsiam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(document) }
	source := "func(in *awsiam.CreateRoleInput) {\nin.AssumeRolePolicyDocument = " + x.p.Literal(aws.String(document)) + "\n}"
	return r.Then(r.V.WithOverride(override), "WithOverride", gosource.Of(x.p, override, source))
}

// sameTrust reports whether the role trusts just whom the statement does.
func (x *exporter) sameTrust(role iam.Role, s policy.Statement) bool {
	desired, err := role.Build()
	if err != nil {
		return false
	}
	built, ok := desired.State.(*modeliam.Role)
	if !ok {
		return false
	}
	state, err := resolved(x, built)
	if err != nil {
		return false
	}
	own := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{s}}
	declared := policy.Normalize(text(state.Create.AssumeRolePolicyDocument))
	return rootOfAccount.ReplaceAllString(declared, "$1") == rootOfAccount.ReplaceAllString(own.String(), "$1")
}

// rootOfAccount is another way to write an account.
var (
	rootOfAccount = regexp.MustCompile(`arn:[a-z-]+:iam::(\d{12}):root`)
	accountNumber = regexp.MustCompile(`^\d{12}$`)
)

// trusted is the principal of a statement of a trust policy.
func trusted(s policy.Statement) (iam.Principal, bool) {
	one := func(kind string) string {
		if len(s.Principals) == 1 && len(s.Principals[kind]) == 1 {
			return s.Principals[kind][0]
		}
		return ""
	}
	conditions := map[string]string{}
	for _, c := range s.Conditions {
		conditions[c.Operator+" "+c.Key] = strings.Join(c.Values, " ")
	}
	service, arn, provider := one("Service"), one("AWS"), one("Federated")
	switch {
	case service != "":
		return iam.ServicePrincipal{
			Service: service, SourceAccount: conditions["StringEquals aws:SourceAccount"], SourceARN: conditions["ArnLike aws:SourceArn"],
		}, true
	case provider != "":
		_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
		return iam.OIDCPrincipal{
			Provider: provider, Audience: conditions["StringEquals "+issuer+":aud"], Subject: conditions["StringLike "+issuer+":sub"],
		}, true
	case strings.HasSuffix(arn, ":root"):
		return iam.AccountPrincipal{Account: strings.Split(arn, ":")[4], ExternalID: conditions["StringEquals sts:ExternalId"]}, true
	case accountNumber.MatchString(arn):
		return iam.AccountPrincipal{Account: arn, ExternalID: conditions["StringEquals sts:ExternalId"]}, true
	case arn != "" && arn != "*":
		return iam.ARNPrincipal(arn), true
	default:
		return nil, false
	}
}
