// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway/internal/lifecycle"
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

// statement has the elements that a repository's policy must have.
type statement struct {
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       json.RawMessage
	NotAction    json.RawMessage
	Resource     json.RawMessage
	NotResource  json.RawMessage
}

func checkPolicy(r *rules.Report, text *string) {
	add := func(path, got, want string) {
		r.Add(rules.Problem{
			Path: path, Got: got, Want: want,
			Text: constraint("PolicyText", "Invalid repository policy provided"),
		})
	}
	policy := aws.ToString(text)
	if len(policy) > maxRepoPolicy {
		add("PolicyText", fmt.Sprintf("%d characters", len(policy)), fmt.Sprintf("at most %d characters", maxRepoPolicy))
		return
	}
	statements, err := statementsOf(policy)
	if err != nil || len(statements) == 0 {
		add("PolicyText", "no policy document", "JSON with at least one Statement")
		return
	}
	for i, s := range statements {
		path := fmt.Sprintf("PolicyText.Statement[%d]", i)
		if s.Effect != "Allow" && s.Effect != "Deny" {
			add(path+".Effect", s.Effect, "Allow or Deny")
		}
		if s.Principal == nil && s.NotPrincipal == nil {
			add(path+".Principal", "none", "a Principal")
		}
		if s.Action == nil && s.NotAction == nil {
			add(path+".Action", "none", "an Action")
		}
		if s.Resource != nil || s.NotResource != nil {
			add(path+".Resource", string(s.Resource)+string(s.NotResource), "no Resource: it is the repository")
		}
	}
}

// statementsOf reads a policy's statements; a single one needs no list.
func statementsOf(policy string) ([]statement, error) {
	var d struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &d); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	var one statement
	if json.Unmarshal(d.Statement, &one) == nil {
		return []statement{one}, nil
	}
	var many []statement
	if err := json.Unmarshal(d.Statement, &many); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return many, nil
}
