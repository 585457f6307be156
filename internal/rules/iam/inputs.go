// SPDX-License-Identifier: Apache-2.0

package iam

import (
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
)

// Lengths of names.
const (
	maxRoleName   = 64
	maxUserName   = 64
	maxPolicyName = 128
)

func meta(id, api string) rules.Meta {
	return rules.Meta{ID: id, Code: validation, Doc: apiDoc + api + ".html"}
}

func grammar(id string) rules.Meta {
	return rules.Meta{ID: id, Code: "MalformedPolicyDocument", Doc: grammarDoc}
}

func quota(id, text string) rules.Meta {
	return rules.Meta{ID: id, Code: "LimitExceeded", Text: text, Doc: quotaDoc}
}

// CreateRole has the rules of CreateRole.
var CreateRole = rules.Of[awsiam.CreateRoleInput]{
	{Meta: meta("iam-role-name", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		name(r, "RoleName", in.RoleName, maxRoleName)
	}},
	{Meta: meta("iam-role-path", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		pathValue(r, in.Path)
	}},
	{Meta: meta("iam-role-description", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		description(r, in.Description)
	}},
	{Meta: meta("iam-role-session", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		session(r, in.MaxSessionDuration)
	}},
	{Meta: meta("iam-role-tags", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		tags(r, in.Tags)
	}},
	{Meta: meta("iam-role-boundary", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		policyARN(r, "PermissionsBoundary", in.PermissionsBoundary)
	}},
	{Meta: meta("iam-role-trust-missing", "CreateRole"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		required(r, "AssumeRolePolicyDocument", in.AssumeRolePolicyDocument)
	}},
	{Meta: grammar("iam-role-trust"), Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
		document(r, "AssumeRolePolicyDocument", in.AssumeRolePolicyDocument, policy.Trust)
	}},
	{
		Meta: quota("iam-role-trust-size", "Cannot exceed quota for ACLSizePerRole: 2048"),
		Check: func(r *rules.Report, in *awsiam.CreateRoleInput) {
			size(r, "AssumeRolePolicyDocument", in.AssumeRolePolicyDocument, MaxTrust, "")
		},
	},
}

// UpdateAssumeRolePolicy has the rules of UpdateAssumeRolePolicy.
var UpdateAssumeRolePolicy = rules.Of[awsiam.UpdateAssumeRolePolicyInput]{
	{
		Meta: meta("iam-trust-missing", "UpdateAssumeRolePolicy"),
		Check: func(r *rules.Report, in *awsiam.UpdateAssumeRolePolicyInput) {
			required(r, "PolicyDocument", in.PolicyDocument)
		},
	},
	{Meta: grammar("iam-trust"), Check: func(r *rules.Report, in *awsiam.UpdateAssumeRolePolicyInput) {
		document(r, "PolicyDocument", in.PolicyDocument, policy.Trust)
	}},
	{
		Meta: quota("iam-trust-size", "Cannot exceed quota for ACLSizePerRole: 2048"),
		Check: func(r *rules.Report, in *awsiam.UpdateAssumeRolePolicyInput) {
			size(r, "PolicyDocument", in.PolicyDocument, MaxTrust, "")
		},
	},
}

// UpdateRole has the rules of UpdateRole.
var UpdateRole = rules.Of[awsiam.UpdateRoleInput]{
	{Meta: meta("iam-update-description", "UpdateRole"), Check: func(r *rules.Report, in *awsiam.UpdateRoleInput) {
		description(r, in.Description)
	}},
	{Meta: meta("iam-update-session", "UpdateRole"), Check: func(r *rules.Report, in *awsiam.UpdateRoleInput) {
		session(r, in.MaxSessionDuration)
	}},
}

// PutRolePolicy has the rules of PutRolePolicy.
var PutRolePolicy = rules.Of[awsiam.PutRolePolicyInput]{
	{Meta: meta("iam-inline-name", "PutRolePolicy"), Check: func(r *rules.Report, in *awsiam.PutRolePolicyInput) {
		name(r, "PolicyName", in.PolicyName, maxPolicyName)
	}},
	{Meta: meta("iam-inline-missing", "PutRolePolicy"), Check: func(r *rules.Report, in *awsiam.PutRolePolicyInput) {
		required(r, "PolicyDocument", in.PolicyDocument)
	}},
	{Meta: grammar("iam-inline-document"), Check: func(r *rules.Report, in *awsiam.PutRolePolicyInput) {
		document(r, "PolicyDocument", in.PolicyDocument, policy.Identity)
	}},
	{Meta: quota("iam-inline-size", "Maximum policy size of 10240 bytes exceeded for role"), Check: func(r *rules.Report, in *awsiam.PutRolePolicyInput) {
		size(r, "PolicyDocument", in.PolicyDocument, MaxInline, "Maximum policy size of 10240 bytes exceeded for role "+ref(in.RoleName))
	}},
}

func ref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// PutUserPolicy has the rules of PutUserPolicy.
var PutUserPolicy = rules.Of[awsiam.PutUserPolicyInput]{
	{Meta: meta("iam-user-inline-name", "PutUserPolicy"), Check: func(r *rules.Report, in *awsiam.PutUserPolicyInput) {
		name(r, "PolicyName", in.PolicyName, maxPolicyName)
	}},
	{Meta: grammar("iam-user-inline-document"), Check: func(r *rules.Report, in *awsiam.PutUserPolicyInput) {
		document(r, "PolicyDocument", in.PolicyDocument, policy.Identity)
	}},
}

// AttachRolePolicy has the rules of AttachRolePolicy.
var AttachRolePolicy = rules.Of[awsiam.AttachRolePolicyInput]{
	{Meta: meta("iam-attach-arn", "AttachRolePolicy"), Check: func(r *rules.Report, in *awsiam.AttachRolePolicyInput) {
		policyARN(r, "PolicyArn", in.PolicyArn)
	}},
}

// TagRole has the rules of TagRole.
var TagRole = rules.Of[awsiam.TagRoleInput]{
	{Meta: meta("iam-tags", "TagRole"), Check: func(r *rules.Report, in *awsiam.TagRoleInput) { tags(r, in.Tags) }},
}

// CreatePolicy has the rules of CreatePolicy.
var CreatePolicy = rules.Of[awsiam.CreatePolicyInput]{
	{Meta: meta("iam-policy-name", "CreatePolicy"), Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
		name(r, "PolicyName", in.PolicyName, maxPolicyName)
	}},
	{Meta: meta("iam-policy-path", "CreatePolicy"), Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
		pathValue(r, in.Path)
	}},
	{Meta: meta("iam-policy-description", "CreatePolicy"), Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
		description(r, in.Description)
	}},
	{Meta: meta("iam-policy-tags", "CreatePolicy"), Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
		tags(r, in.Tags)
	}},
	{Meta: grammar("iam-policy-document"), Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
		document(r, "PolicyDocument", in.PolicyDocument, policy.Identity)
	}},
	{
		Meta: quota("iam-policy-size", "Cannot exceed quota for PolicySize: 6144"),
		Check: func(r *rules.Report, in *awsiam.CreatePolicyInput) {
			size(r, "PolicyDocument", in.PolicyDocument, MaxManaged, "")
		},
	},
}

// CreatePolicyVersion has the rules of CreatePolicyVersion.
var CreatePolicyVersion = rules.Of[awsiam.CreatePolicyVersionInput]{
	{Meta: grammar("iam-version-document"), Check: func(r *rules.Report, in *awsiam.CreatePolicyVersionInput) {
		document(r, "PolicyDocument", in.PolicyDocument, policy.Identity)
	}},
	{
		Meta: quota("iam-version-size", "Cannot exceed quota for PolicySize: 6144"),
		Check: func(r *rules.Report, in *awsiam.CreatePolicyVersionInput) {
			size(r, "PolicyDocument", in.PolicyDocument, MaxManaged, "")
		},
	},
}

// CreateInstanceProfile has the rules of CreateInstanceProfile.
var CreateInstanceProfile = rules.Of[awsiam.CreateInstanceProfileInput]{
	{Meta: meta("iam-profile-name", "CreateInstanceProfile"), Check: func(r *rules.Report, in *awsiam.CreateInstanceProfileInput) {
		name(r, "InstanceProfileName", in.InstanceProfileName, maxPolicyName)
	}},
	{Meta: meta("iam-profile-path", "CreateInstanceProfile"), Check: func(r *rules.Report, in *awsiam.CreateInstanceProfileInput) {
		pathValue(r, in.Path)
	}},
	{Meta: meta("iam-profile-tags", "CreateInstanceProfile"), Check: func(r *rules.Report, in *awsiam.CreateInstanceProfileInput) {
		tags(r, in.Tags)
	}},
}

// CreateUser has the rules of CreateUser.
var CreateUser = rules.Of[awsiam.CreateUserInput]{
	{Meta: meta("iam-user-name", "CreateUser"), Check: func(r *rules.Report, in *awsiam.CreateUserInput) {
		name(r, "UserName", in.UserName, maxUserName)
	}},
	{Meta: meta("iam-user-path", "CreateUser"), Check: func(r *rules.Report, in *awsiam.CreateUserInput) { pathValue(r, in.Path) }},
	{Meta: meta("iam-user-tags", "CreateUser"), Check: func(r *rules.Report, in *awsiam.CreateUserInput) { tags(r, in.Tags) }},
}
