// SPDX-License-Identifier: Apache-2.0

// Package lifecycle knows ECR's lifecycle policies: their grammar, and which
// images of a repository they act on. It is pure.
//
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
package lifecycle

// The words of the policy language.
const (
	Tagged   = "tagged"
	Untagged = "untagged"
	Any      = "any"

	ImageCountMoreThan     = "imageCountMoreThan"
	SinceImagePushed       = "sinceImagePushed"
	SinceImagePulled       = "sinceImagePulled"
	SinceImageTransitioned = "sinceImageTransitioned"

	Days = "days"

	Standard = "standard"
	Archive  = "archive"

	Expire     = "expire"
	Transition = "transition"
)

// Policy is a lifecycle policy as its JSON has it.
type Policy struct {
	Rules []Rule `json:"rules"`
}

// Rule selects images and says what is done with them.
type Rule struct {
	// Priority: lower numbers come first; unique in a policy.
	Priority    int       `json:"rulePriority"`
	Description string    `json:"description,omitempty"`
	Selection   Selection `json:"selection"`
	Action      Action    `json:"action"`
}

// Selection says which images a rule is about.
type Selection struct {
	TagStatus      string   `json:"tagStatus"`
	TagPrefixList  []string `json:"tagPrefixList,omitempty"`
	TagPatternList []string `json:"tagPatternList,omitempty"`
	StorageClass   string   `json:"storageClass,omitempty"`
	CountType      string   `json:"countType"`
	CountUnit      string   `json:"countUnit,omitempty"`
	CountNumber    int      `json:"countNumber"`
}

// Action is what a rule does.
type Action struct {
	Type               string `json:"type"`
	TargetStorageClass string `json:"targetStorageClass,omitempty"`
}

// storage is the class of the images that a selection is about.
func (s Selection) storage() string {
	if s.StorageClass == "" {
		return Standard
	}
	return s.StorageClass
}
