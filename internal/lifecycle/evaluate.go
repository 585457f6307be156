// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Image is what a policy looks at.
type Image struct {
	Digest string
	Tags   []string
	// Pushed is when the image came. Pulled, Activated (brought back from the
	// archive) and Transitioned (into the archive) are zero where it never happened.
	Pushed, Pulled, Activated, Transitioned time.Time
	// Archived: the image's storage class is archive.
	Archived bool
	// Listed: an index in the repository refers to the image.
	Listed bool
}

// Decision is what a policy does with one image.
type Decision struct {
	Image    Image
	Priority int
	Action   Action
}

// Evaluate returns what the policy does at the time, in order of priority and then
// oldest first. Each image is acted on by at most one rule: an image that has the
// tagging of a rule is out of reach of later rules, though they count it.
//
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func Evaluate(p Policy, images []Image, now time.Time) []Decision {
	rules := slices.Clone(p.Rules)
	slices.SortStableFunc(rules, func(a, b Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	claimed := map[string]bool{}
	var decisions []Decision
	for _, r := range rules {
		var mine []Image
		for _, img := range images {
			if r.Selection.matches(img) {
				mine = append(mine, img)
			}
		}
		for _, img := range r.Selection.violating(mine, now) {
			if !claimed[img.Digest] && !img.Listed {
				decisions = append(decisions, Decision{Image: img, Priority: r.Priority, Action: r.Action})
			}
		}
		for _, img := range mine {
			claimed[img.Digest] = true
		}
	}
	return decisions
}

// matches reports whether the image has the storage class and tagging.
func (s Selection) matches(img Image) bool {
	if img.Archived != (s.storage() == Archive) {
		return false
	}
	switch s.TagStatus {
	case Any:
		return true
	case Untagged:
		return len(img.Tags) == 0
	case Tagged:
		return every(s.TagPrefixList, img.Tags, strings.HasPrefix) && every(s.TagPatternList, img.Tags, MatchTag)
	default:
		return false
	}
}

// every reports whether each of the entries fits some tag.
func every(entries, tags []string, fits func(tag, entry string) bool) bool {
	for _, entry := range entries {
		if !slices.ContainsFunc(tags, func(tag string) bool { return fits(tag, entry) }) {
			return false
		}
	}
	return true
}

// MatchTag reports whether the tag fits a pattern in which "*" stands for any
// characters, or none.
func MatchTag(tag, pattern string) bool {
	parts := strings.Split(pattern, "*")
	first, rest := parts[0], parts[1:]
	if len(rest) == 0 {
		return tag == pattern
	}
	tag, ok := strings.CutPrefix(tag, first)
	if !ok {
		return false
	}
	last := rest[len(rest)-1]
	for _, part := range rest[:len(rest)-1] {
		_, after, found := strings.Cut(tag, part)
		if !found {
			return false
		}
		tag = after
	}
	return strings.HasSuffix(tag, last)
}

// violating returns the images that are too many or too old, oldest first.
func (s Selection) violating(images []Image, now time.Time) []Image {
	byAge := slices.SortedStableFunc(slices.Values(images), func(a, b Image) int { return s.age(a).Compare(s.age(b)) })
	if s.CountType == ImageCountMoreThan {
		return byAge[:max(0, len(byAge)-s.CountNumber)]
	}
	limit := now.Add(-time.Duration(s.CountNumber) * 24 * time.Hour)
	return slices.DeleteFunc(byAge, func(img Image) bool { return !s.age(img).Before(limit) })
}

// age is the time that a selection counts from.
func (s Selection) age(img Image) time.Time {
	since := img.Pushed
	if img.Activated.After(since) {
		since = img.Activated
	}
	switch {
	case s.CountType == SinceImageTransitioned:
		return img.Transitioned
	case s.CountType == SinceImagePulled && img.Pulled.After(since):
		return img.Pulled
	default:
		return since
	}
}
