// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
)

// inlineName is the inline policy for what With methods allow.
const inlineName = "slipway"

// ownPath is the path of the roles that a stack owns.
func ownPath(stack string) string { return "/slipway/" + stack + "/" }

// Build returns the input of CreateRole with the role's policies.
func (r Role) Build() (slipway.Desired, error) {
	if err := r.mistakes(); err != nil {
		return slipway.Desired{}, err
	}
	state, overridden := r.state()
	return slipway.Desired{Kind: roleKind(), State: state, Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject.
func (r Role) Validate() error {
	state, _ := r.state()
	found := roleDriver{}.Check(nil, state)
	for i := range found {
		found[i].Path = r.ID().String() + " " + found[i].Path
	}
	return errors.Join(r.untrusted(), r.mistakes(), rules.Errors(found))
}

// untrusted: nobody may assume the role. Where it is given to what uses it, such as
// a task definition, that adds the trust.
func (r Role) untrusted() error {
	if len(r.trust) > 0 || len(r.overrides) > 0 {
		return nil
	}
	return slipway.FieldError{
		Path: r.ID().String() + " AssumeRolePolicyDocument", Got: "nobody",
		Want: "somebody who may assume the role: WithTrust", Rule: "iam-role-builder",
	}
}

// mistakes are those that the state does not show.
func (r Role) mistakes() error {
	var found []slipway.FieldError
	add := func(path, got, want string) {
		found = append(found, slipway.FieldError{
			Path: r.ID().String() + " " + path, Got: got, Want: want, Rule: "iam-role-builder",
		})
	}
	if _, taken := r.policies[inlineName]; taken && len(r.statements) > 0 {
		add("Inline["+inlineName+"]", inlineName, "another name: this one is for WithAllow and WithStatement")
	}
	if slices.Contains(r.trust, nil) {
		add("AssumeRolePolicyDocument", "nil", "a principal, such as ServicePrincipal")
	}
	if r.session%time.Second != 0 {
		add("MaxSessionDuration", r.session.String(), "whole seconds")
	}
	return rules.Errors(found)
}

func (r Role) state() (s *model.Role, overridden []string) {
	s = &model.Role{
		Create: awsiam.CreateRoleInput{
			RoleName: aws.String(r.RoleName()), Path: aws.String(r.path), AssumeRolePolicyDocument: r.trustDocument(),
			Tags: roleTags(r.tags),
		},
		Inline: r.inline(), Attached: slices.Compact(slices.Sorted(slices.Values(r.managed))),
	}
	if r.path == "" {
		s.Create.Path = aws.String(ownPath(slipway.Self("stack")))
	}
	if r.description != "" {
		s.Create.Description = aws.String(r.description)
	}
	if r.session != 0 {
		s.Create.MaxSessionDuration = aws.Int32(int32(r.session / time.Second))
	}
	if r.boundary != "" {
		s.Create.PermissionsBoundary = aws.String(r.boundary)
	}
	return s, override.Run("Create.", &s.Create, r.overrides...)
}

// trustDocument has one statement for each principal, sorted.
func (r Role) trustDocument() *string {
	trust := slices.DeleteFunc(slices.Clone(r.trust), func(p Principal) bool { return p == nil })
	if len(trust) == 0 {
		return nil
	}
	doc := policy.Document{Version: policy.Version2012}
	for _, p := range trust {
		doc.Statements = append(doc.Statements, p.trust().statement())
	}
	slices.SortFunc(doc.Statements, func(a, b policy.Statement) int { return strings.Compare(a.String(), b.String()) })
	doc.Statements = slices.CompactFunc(doc.Statements, same)
	return aws.String(doc.String())
}

func same(a, b policy.Statement) bool { return a.String() == b.String() }

// inline has the inline policies' documents by name.
func (r Role) inline() map[string]string {
	all := map[string]string{}
	for name, p := range r.policies {
		all[name] = p.JSON()
	}
	var own []Statement
	seen := map[string]bool{}
	for _, s := range r.statements {
		if text := s.document().String(); !seen[text] {
			seen[text] = true
			own = append(own, s)
		}
	}
	if len(own) > 0 {
		all[inlineName] = Policy{Statements: own}.JSON()
	}
	return all
}

// roleTags are sorted by key.
func roleTags(tags map[string]string) []iamtypes.Tag {
	var all []iamtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, iamtypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}
