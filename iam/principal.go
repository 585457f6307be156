// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/policy"
)

// Principal is who a trust policy or the policy of a resource is about: a
// [ServicePrincipal], [AccountPrincipal], [ARNPrincipal], [OIDCPrincipal] or
// [Anyone]. The set is sealed.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
type Principal interface{ trust() trust }

// trust is a principal in the terms of policies.
type trust struct {
	kind, value, action string
	conditions          Conditions
}

const assumeRole = "sts:AssumeRole"

// statement lets the principal assume a role.
func (t trust) statement() policy.Statement {
	return policy.Statement{
		Effect: policy.Allow, Principals: map[string][]string{t.kind: {t.value}}, Actions: []string{t.action},
		Conditions: t.conditions.list(),
	}
}

// ServicePrincipal is an AWS service. SourceAccount and SourceARN keep the service
// from acting for anybody else's resources (the "confused deputy").
type ServicePrincipal struct {
	// Service such as "ecs-tasks.amazonaws.com".
	Service string
	// SourceAccount is the account of the resource for which the service acts, 12
	// digits; optional.
	SourceAccount string
	// SourceARN is a pattern for the resource for which the service acts; optional.
	SourceARN string
}

func (p ServicePrincipal) trust() trust {
	t := trust{kind: "Service", value: p.Service, action: assumeRole, conditions: Conditions{}}
	if p.SourceAccount != "" {
		t.conditions["StringEquals"] = map[string][]string{"aws:SourceAccount": {p.SourceAccount}}
	}
	if p.SourceARN != "" {
		t.conditions["ArnLike"] = map[string][]string{"aws:SourceArn": {p.SourceARN}}
	}
	return t
}

// AccountPrincipal is an account, whose own policies say who in it.
type AccountPrincipal struct {
	// Account has 12 digits.
	Account string
	// ExternalID must be given by who assumes the role; optional.
	ExternalID string
}

func (p AccountPrincipal) trust() trust {
	t := trust{
		kind: "AWS", value: "arn:" + slipway.Self("partition") + ":iam::" + p.Account + ":root", action: assumeRole,
		conditions: Conditions{},
	}
	if p.ExternalID != "" {
		t.conditions["StringEquals"] = map[string][]string{"sts:ExternalId": {p.ExternalID}}
	}
	return t
}

// ARNPrincipal is a role or user by its ARN.
type ARNPrincipal string

func (p ARNPrincipal) trust() trust {
	return trust{kind: "AWS", value: string(p), action: assumeRole}
}

// OIDCPrincipal is an identity that an OpenID Connect provider vouches for, such
// as a workflow of GitHub Actions.
type OIDCPrincipal struct {
	// Provider is the ARN of the provider in IAM.
	Provider string
	// Audience is the token's audience, such as "sts.amazonaws.com".
	Audience string
	// Subject is a pattern for the token's subject.
	Subject string
}

func (p OIDCPrincipal) trust() trust {
	_, issuer, _ := strings.Cut(p.Provider, ":oidc-provider/")
	t := trust{kind: "Federated", value: p.Provider, action: "sts:AssumeRoleWithWebIdentity", conditions: Conditions{}}
	if p.Audience != "" {
		t.conditions["StringEquals"] = map[string][]string{issuer + ":aud": {p.Audience}}
	}
	if p.Subject != "" {
		t.conditions["StringLike"] = map[string][]string{issuer + ":sub": {p.Subject}}
	}
	return t
}

// Anyone is everybody, with or without an AWS account. Add conditions.
type Anyone struct{}

func (Anyone) trust() trust { return trust{kind: "AWS", value: "*", action: assumeRole} }
