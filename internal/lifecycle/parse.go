// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Problem is one thing that ECR rejects in a policy.
type Problem struct {
	// Path within the policy, such as "rules[1].rulePriority".
	Path string
	// Got and Want are for people.
	Got, Want string
	// Text is ECR's own, without its envelope.
	Text string
}

// What ECR says; the schema validator's words are the same for many mistakes.
const (
	textUnreadable = "Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy."
	textSchema     = "Lifecycle policy validation failure: instance failed to match exactly one schema (matched 0 out of 2)"
	textDuplicate  = "Lifecycle policy validation failure: Duplicate priority in multiple rules"
	textUntagged   = "Lifecycle policy validation failure: Only one rule can select Untagged images"
	textPrefixes   = "Lifecycle policy validation failure: Tag prefixes must be unique across rules"
	textAnyLast    = "Lifecycle policy validation failure: A rule with tagStatus any must have the highest rulePriority"
)

// The limits of a policy.
const (
	MaxRules      = 50
	MaxWildcards  = 4
	MinArchived   = 90 // days
	maxTagPattern = 128
)

// Parse reads a policy and returns all that ECR rejects in it. With problems the
// policy is what could be read.
func Parse(text string) (Policy, []Problem) {
	var p Policy
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, []Problem{{Got: err.Error(), Want: "a lifecycle policy", Text: textUnreadable}}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, []Problem{{Got: "text after the policy", Want: "one JSON object", Text: textUnreadable}}
	}
	return p, p.Problems()
}

// Problems returns all that ECR rejects in the policy.
func (p Policy) Problems() []Problem {
	var all []Problem
	if n := len(p.Rules); n < 1 || n > MaxRules {
		all = append(all, Problem{Path: "rules", Got: strconv.Itoa(n), Want: fmt.Sprintf("1 to %d rules", MaxRules), Text: textSchema})
	}
	for i, r := range p.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		all = append(all, r.Selection.tagProblems(path+".selection")...)
		all = append(all, r.Selection.countProblems(path+".selection")...)
		all = append(all, r.actionProblems(path)...)
	}
	return append(all, p.together()...)
}

// problems collects what is wrong below a path.
type problems struct {
	path string
	all  []Problem
}

func (p *problems) unless(ok bool, field, got, want string) {
	if !ok {
		p.all = append(p.all, Problem{Path: p.path + "." + field, Got: got, Want: want, Text: textSchema})
	}
}

func (s Selection) tagProblems(path string) []Problem {
	p := &problems{path: path}
	lists := 0
	for _, list := range [][]string{s.TagPrefixList, s.TagPatternList} {
		if len(list) > 0 {
			lists++
		}
	}
	switch s.TagStatus {
	case Tagged:
		p.unless(lists == 1, "tagStatus", fmt.Sprintf("tagged with %d lists", lists), "exactly one of tagPrefixList and tagPatternList")
	case Untagged, Any:
		p.unless(lists == 0, "tagStatus", s.TagStatus+" with a list of tags", "no tagPrefixList or tagPatternList")
	default:
		p.unless(false, "tagStatus", s.TagStatus, "tagged, untagged or any")
	}
	for _, pattern := range s.TagPatternList {
		p.unless(strings.Count(pattern, "*") <= MaxWildcards && len(pattern) <= maxTagPattern && pattern != "",
			"tagPatternList", pattern, fmt.Sprintf("a tag with at most %d wildcards", MaxWildcards))
	}
	for _, prefix := range s.TagPrefixList {
		p.unless(prefix != "" && len(prefix) <= maxTagPattern, "tagPrefixList", prefix, "a prefix of 1 to 128 characters")
	}
	return p.all
}

func (s Selection) countProblems(path string) []Problem {
	p := &problems{path: path}
	p.unless(s.CountNumber > 0, "countNumber", strconv.Itoa(s.CountNumber), "more than 0")
	switch s.CountType {
	case ImageCountMoreThan:
		p.unless(s.CountUnit == "", "countUnit", s.CountUnit, "none with imageCountMoreThan")
	case SinceImagePushed, SinceImagePulled, SinceImageTransitioned:
		p.unless(s.CountUnit == Days, "countUnit", s.CountUnit, `"days" with `+s.CountType)
	default:
		p.unless(false, "countType", s.CountType, "imageCountMoreThan, sinceImagePushed, sinceImagePulled or sinceImageTransitioned")
	}
	p.unless((s.CountType == SinceImageTransitioned) == (s.storage() == Archive), "storageClass", s.storage(),
		"archive with sinceImageTransitioned, else standard")
	return p.all
}

func (r Rule) actionProblems(path string) []Problem {
	p := &problems{path: path}
	switch count := r.Selection.CountType; r.Action.Type {
	case Expire:
		p.unless(count != SinceImagePulled, "action.type", Expire, "transition with sinceImagePulled")
		p.unless(count != SinceImageTransitioned || r.Selection.CountNumber >= MinArchived, "selection.countNumber",
			strconv.Itoa(r.Selection.CountNumber), "at least 90 days in the archive")
		p.unless(r.Action.TargetStorageClass == "", "action.targetStorageClass", r.Action.TargetStorageClass, "none with expire")
	case Transition:
		p.unless(count != SinceImageTransitioned, "action.type", Transition, "expire with sinceImageTransitioned")
		if r.Action.TargetStorageClass != Archive {
			p.all = append(p.all, Problem{
				Path: path + ".action.targetStorageClass", Got: r.Action.TargetStorageClass, Want: "archive with transition", Text: textUnreadable,
			})
		}
	default:
		p.unless(false, "action.type", r.Action.Type, "expire or transition")
	}
	return p.all
}

// together checks the rules against each other.
func (p Policy) together() []Problem {
	var all []Problem
	highest := 0
	for _, r := range p.Rules {
		highest = max(highest, r.Priority)
	}
	priorities, untagged, prefixes := map[int]bool{}, map[string]bool{}, map[string]bool{}
	for i, r := range p.Rules {
		at := func(field, got, want, text string) {
			all = append(all, Problem{Path: fmt.Sprintf("rules[%d].%s", i, field), Got: got, Want: want, Text: text})
		}
		class := r.Selection.storage()
		if priorities[r.Priority] {
			at("rulePriority", strconv.Itoa(r.Priority), "a number that no other rule has", textDuplicate)
		}
		if r.Selection.TagStatus == Untagged && untagged[class] {
			at("selection.tagStatus", Untagged, "one rule for untagged images", textUntagged)
		}
		if r.Selection.TagStatus == Any && r.Priority < highest {
			at("rulePriority", strconv.Itoa(r.Priority), "the highest number for tagStatus any", textAnyLast)
		}
		for _, prefix := range r.Selection.TagPrefixList {
			if prefixes[class+" "+prefix] {
				at("selection.tagPrefixList", prefix, "a prefix that no other rule has", textPrefixes)
			}
			prefixes[class+" "+prefix] = true
		}
		priorities[r.Priority] = true
		untagged[class] = untagged[class] || r.Selection.TagStatus == Untagged
	}
	return all
}
