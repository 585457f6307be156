// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/internal/lifecycle"
)

// Rule is a lifecycle rule: [ExpireUntagged], [KeepLast] or [ExpireOlder]. ECR
// evaluates rules in the order in which they are given to
// [Repository.WithLifecycle]; a rule about any image must come last.
type Rule interface {
	rule() lifecycle.Rule
}

// ExpireUntagged expires images without tags. A repository can have one such rule.
type ExpireUntagged struct {
	// AfterDays is the age in days since the push; at least 1. When it is 0, Keep
	// decides.
	AfterDays int
	// Keep is how many of the newest untagged images stay; at least 1. It counts
	// only when AfterDays is 0.
	Keep int
}

// KeepLast expires all but the newest images with certain tags. Give either
// prefixes or patterns; where there are several, an image must have a fitting tag
// for each.
type KeepLast struct {
	// Count is how many images stay; at least 1.
	Count int
	// TagPrefixes are beginnings of tags, such as "release-".
	TagPrefixes []string
	// TagPatterns are tags with up to four wildcards, such as "v*".
	TagPatterns []string
}

// ExpireOlder expires images by age. Without prefixes and patterns it is about
// any image, so it must be the last rule.
type ExpireOlder struct {
	// Days is the age in days since the push; at least 1.
	Days int
	// TagPrefixes are beginnings of tags, such as "pr-".
	TagPrefixes []string
	// TagPatterns are tags with up to four wildcards, such as "*-dev".
	TagPatterns []string
}

// KeepNewest expires all but the newest images, whatever their tags, so it must be
// the last rule.
type KeepNewest struct {
	// Count is how many images stay; at least 1.
	Count int
}

func (e ExpireUntagged) rule() lifecycle.Rule {
	s := lifecycle.Selection{TagStatus: lifecycle.Untagged, CountType: lifecycle.SinceImagePushed, CountUnit: lifecycle.Days, CountNumber: e.AfterDays}
	text := fmt.Sprintf("expire untagged images after %d days", e.AfterDays)
	if e.AfterDays == 0 && e.Keep > 0 {
		s = lifecycle.Selection{TagStatus: lifecycle.Untagged, CountType: lifecycle.ImageCountMoreThan, CountNumber: e.Keep}
		text = fmt.Sprintf("keep the last %d untagged images", e.Keep)
	}
	return lifecycle.Rule{Description: text, Selection: s, Action: lifecycle.Action{Type: lifecycle.Expire}}
}

func (k KeepLast) rule() lifecycle.Rule {
	return lifecycle.Rule{
		Description: fmt.Sprintf("keep the last %d images tagged %v", k.Count, slices.Concat(k.TagPrefixes, k.TagPatterns)),
		Selection: lifecycle.Selection{
			TagStatus: lifecycle.Tagged, TagPrefixList: slices.Clone(k.TagPrefixes), TagPatternList: slices.Clone(k.TagPatterns),
			CountType: lifecycle.ImageCountMoreThan, CountNumber: k.Count,
		},
		Action: lifecycle.Action{Type: lifecycle.Expire},
	}
}

func (e ExpireOlder) rule() lifecycle.Rule {
	s := lifecycle.Selection{
		TagStatus: lifecycle.Any, TagPrefixList: slices.Clone(e.TagPrefixes), TagPatternList: slices.Clone(e.TagPatterns),
		CountType: lifecycle.SinceImagePushed, CountUnit: lifecycle.Days, CountNumber: e.Days,
	}
	text := fmt.Sprintf("expire images after %d days", e.Days)
	if tags := slices.Concat(e.TagPrefixes, e.TagPatterns); len(tags) > 0 {
		s.TagStatus = lifecycle.Tagged
		text = fmt.Sprintf("expire images tagged %v after %d days", tags, e.Days)
	}
	return lifecycle.Rule{Description: text, Selection: s, Action: lifecycle.Action{Type: lifecycle.Expire}}
}

func (k KeepNewest) rule() lifecycle.Rule {
	return lifecycle.Rule{
		Description: fmt.Sprintf("keep the last %d images", k.Count),
		Selection:   lifecycle.Selection{TagStatus: lifecycle.Any, CountType: lifecycle.ImageCountMoreThan, CountNumber: k.Count},
		Action:      lifecycle.Action{Type: lifecycle.Expire},
	}
}

// render writes the policy document; priorities are the order of the rules.
func render(rules []Rule) (*string, error) {
	var p lifecycle.Policy
	for i, r := range rules {
		rule := r.rule()
		rule.Priority = i + 1
		p.Rules = append(p.Rules, rule)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("lifecycle policy: %w", err)
	}
	return aws.String(string(b)), nil
}
