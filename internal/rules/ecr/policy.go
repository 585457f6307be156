// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway/internal/lifecycle"
	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
)

const grammar = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html"

// PutLifecyclePolicy is what ECR rejects in a lifecycle policy.
var PutLifecyclePolicy = rules.Of[awsecr.PutLifecyclePolicyInput]{
	{
		Meta: rules.Meta{ID: "ecr-lifecycle-policy", Code: codeParameter, Doc: grammar},
		Check: func(r *rules.Report, in *awsecr.PutLifecyclePolicyInput) {
			checkLifecycle(r, in.LifecyclePolicyText)
		},
	},
}

// StartLifecyclePolicyPreview is what ECR rejects in a policy to be tried out; none
// stands for that of the repository.
var StartLifecyclePolicyPreview = rules.Of[awsecr.StartLifecyclePolicyPreviewInput]{
	{
		Meta: rules.Meta{ID: "ecr-lifecycle-policy", Code: codeParameter, Doc: grammar},
		Check: func(r *rules.Report, in *awsecr.StartLifecyclePolicyPreviewInput) {
			if in.LifecyclePolicyText != nil {
				checkLifecycle(r, in.LifecyclePolicyText)
			}
		},
	},
}

func checkLifecycle(r *rules.Report, text *string) {
	policy := aws.ToString(text)
	if len(policy) > maxLifecycle {
		r.Add(rules.Problem{
			Path: "LifecyclePolicyText", Got: fmt.Sprintf("%d characters", len(policy)), Want: fmt.Sprintf("at most %d characters", maxLifecycle),
			Text: constraint("LifecyclePolicyText", fmt.Sprintf("must have length less than or equal to %d", maxLifecycle)),
		})
		return
	}
	_, problems := lifecycle.Parse(policy)
	for _, p := range problems {
		path := "LifecyclePolicyText"
		if p.Path != "" {
			path += "." + p.Path
		}
		r.Add(rules.Problem{Path: path, Got: p.Got, Want: p.Want, Text: constraint("LifecyclePolicyText", p.Text)})
	}
}

// SetRepositoryPolicy is what ECR rejects in a repository's policy.
var SetRepositoryPolicy = rules.Of[awsecr.SetRepositoryPolicyInput]{
	{
		Meta: rules.Meta{ID: "ecr-repository-policy", Code: codeParameter, Doc: reference + "API_SetRepositoryPolicy.html"},
		Check: func(r *rules.Report, in *awsecr.SetRepositoryPolicyInput) {
			checkPolicy(r, in.PolicyText)
		},
	},
}

func checkPolicy(r *rules.Report, text *string) {
	add := func(path, got, want string) {
		r.Add(rules.Problem{Path: path, Got: got, Want: want, Text: constraint("PolicyText", "Invalid repository policy provided")})
	}
	document := aws.ToString(text)
	if len(document) > maxRepoPolicy {
		add("PolicyText", fmt.Sprintf("%d characters", len(document)), fmt.Sprintf("at most %d characters", maxRepoPolicy))
		return
	}
	parsed, err := policy.Parse(document)
	if err != nil || len(parsed.Statements) == 0 {
		add("PolicyText", "no policy document", "JSON with at least one Statement")
		return
	}
	for i, s := range parsed.Statements {
		path := fmt.Sprintf("PolicyText.Statement[%d]", i)
		if len(s.Resources) > 0 || len(s.NotResources) > 0 {
			add(path+".Resource", fmt.Sprint(s.Resources, s.NotResources), "no Resource: it is the repository")
		}
		if s.Principals == nil && s.NotPrincipals == nil {
			add(path+".Principal", "none", "a Principal")
		}
	}
	for _, fault := range parsed.Check(policy.Resource) {
		add("PolicyText."+fault.Path, fault.Got, fault.Want)
	}
}
