// SPDX-License-Identifier: Apache-2.0

package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/lifecycle"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// aged is an image pushed some days ago.
func aged(digest string, days int, tags ...string) lifecycle.Image {
	return lifecycle.Image{Digest: digest, Tags: tags, Pushed: now.Add(-time.Duration(days) * 24 * time.Hour)}
}

func expire(priority int, s lifecycle.Selection) lifecycle.Rule {
	return lifecycle.Rule{Priority: priority, Selection: s, Action: lifecycle.Action{Type: lifecycle.Expire}}
}

func keep(status string, n int, tags ...string) lifecycle.Selection {
	return lifecycle.Selection{TagStatus: status, TagPatternList: tags, CountType: lifecycle.ImageCountMoreThan, CountNumber: n}
}

func older(status string, days int, tags ...string) lifecycle.Selection {
	return lifecycle.Selection{
		TagStatus: status, TagPatternList: tags, CountType: lifecycle.SinceImagePushed, CountUnit: lifecycle.Days, CountNumber: days,
	}
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		rules        []lifecycle.Rule
		images       []lifecycle.Image
		want         []string
	}{
		{
			name: "untagged by age", reason: "tagged and younger ones stay",
			rules:  []lifecycle.Rule{expire(1, older(lifecycle.Untagged, 7))},
			images: []lifecycle.Image{aged("a", 8), aged("b", 7), aged("c", 1), aged("d", 30, "v1")},
			want:   []string{"1 a"},
		},
		{
			name: "keep the last two", reason: "the oldest go first",
			rules:  []lifecycle.Rule{expire(1, keep(lifecycle.Any, 2))},
			images: []lifecycle.Image{aged("new", 1), aged("oldest", 9), aged("old", 5), aged("mid", 3)},
			want:   []string{"1 oldest", "1 old"},
		},
		{
			name: "a keep rule shields", reason: "what has the tagging of an earlier rule is out of reach of later ones",
			rules:  []lifecycle.Rule{expire(2, older(lifecycle.Any, 10)), expire(1, keep(lifecycle.Tagged, 1, "v*"))},
			images: []lifecycle.Image{aged("old", 90, "v1"), aged("new", 80, "v2"), aged("pr", 20, "pr-1")},
			want:   []string{"1 old", "2 pr"},
		},
		{
			name: "later rules count what earlier ones took", reason: "all rules look at the same images",
			rules:  []lifecycle.Rule{expire(1, older(lifecycle.Untagged, 5)), expire(2, keep(lifecycle.Any, 2))},
			images: []lifecycle.Image{aged("u", 6), aged("a", 4, "a"), aged("b", 3, "b")},
			want:   []string{"1 u"},
		},
		{
			name: "several patterns", reason: "each must fit a tag of the image",
			rules:  []lifecycle.Rule{expire(1, older(lifecycle.Tagged, 1, "v*", "*-prod"))},
			images: []lifecycle.Image{aged("one", 5, "v1"), aged("both", 5, "v2", "web-prod")},
			want:   []string{"1 both"},
		},
		{
			name: "prefixes", reason: "they are beginnings, not patterns",
			rules: []lifecycle.Rule{expire(1, lifecycle.Selection{
				TagStatus: lifecycle.Tagged, TagPrefixList: []string{"pr-"}, CountType: lifecycle.ImageCountMoreThan, CountNumber: 1,
			})},
			images: []lifecycle.Image{aged("old", 5, "pr-1"), aged("new", 4, "pr-2"), aged("other", 9, "xpr-")},
			want:   []string{"1 old"},
		},
		{
			name: "listed by an index", reason: "the index must go first",
			rules:  []lifecycle.Rule{expire(1, older(lifecycle.Untagged, 1))},
			images: []lifecycle.Image{{Digest: "child", Pushed: now.Add(-99 * time.Hour), Listed: true}, aged("index", 5)},
			want:   []string{"1 index"},
		},
		{
			name: "the archive is apart", reason: "a rule is about one storage class",
			rules: []lifecycle.Rule{expire(1, lifecycle.Selection{
				TagStatus: lifecycle.Any, StorageClass: lifecycle.Archive, CountType: lifecycle.SinceImageTransitioned,
				CountUnit: lifecycle.Days, CountNumber: 90,
			})},
			images: []lifecycle.Image{aged("standard", 400), {Digest: "archived", Archived: true, Transitioned: now.Add(-91 * 24 * time.Hour)}},
			want:   []string{"1 archived"},
		},
		{
			name: "not pulled", reason: "an image that was never pulled counts from its push, one brought back from then",
			rules: []lifecycle.Rule{{
				Priority: 1, Action: lifecycle.Action{Type: lifecycle.Transition, TargetStorageClass: lifecycle.Archive},
				Selection: lifecycle.Selection{
					TagStatus: lifecycle.Any, CountType: lifecycle.SinceImagePulled, CountUnit: lifecycle.Days, CountNumber: 10,
				},
			}},
			images: []lifecycle.Image{
				{Digest: "pulled", Pushed: now.Add(-999 * time.Hour), Pulled: now.Add(-time.Hour)}, aged("never", 11),
				{Digest: "back", Pushed: now.Add(-999 * time.Hour), Activated: now.Add(-2 * time.Hour)},
			},
			want: []string{"1 never"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range lifecycle.Evaluate(lifecycle.Policy{Rules: test.rules}, test.images, now) {
				got = append(got, fmt.Sprint(d.Priority, " ", d.Image.Digest))
			}
			require.Equal(t, test.want, got, test.reason)
		})
	}
}

func TestMatchTag(t *testing.T) {
	t.Parallel()
	for pattern, tags := range map[string]map[string]bool{
		"v1":    {"v1": true, "v11": false, "": false},
		"v*":    {"v": true, "v1": true, "av": false},
		"*-dev": {"a-dev": true, "-dev": true, "dev": false},
		"a*b*c": {"abc": true, "aXbYc": true, "acb": false, "ab": false},
		"ab*b":  {"ab": false, "abb": true},
		"*":     {"": true, "x": true},
	} {
		for tag, want := range tags {
			require.Equal(t, want, lifecycle.MatchTag(tag, pattern), "%q %q", tag, pattern)
		}
	}
}

// rule is a document with one rule of a selection and an action.
func rule(selection, action string) string {
	return `{"rules":[{"rulePriority":1,"selection":{` + selection + `},"action":{` + action + `}}]}`
}

const (
	anyCount  = `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1`
	expiring  = `"type":"expire"`
	archiving = `"type":"transition","targetStorageClass":"archive"`
)

func TestParse(t *testing.T) {
	t.Parallel()
	two := func(a, b string) string {
		one := func(priority, selection string) string {
			return `{"rulePriority":` + priority + `,"selection":{` + selection + `},"action":{"type":"expire"}}`
		}
		return `{"rules":[` + one("1", a) + `,` + one("2", b) + `]}`
	}
	untagged := strings.Replace(anyCount, "any", "untagged", 1)
	for _, test := range []struct{ name, policy, path, reason string }{
		{"legal", rule(anyCount, expiring), "", "the least that there is"},
		{"not JSON", `{"rules":`, "", "it cannot be read"},
		{"unknown field", `{"rules":[],"more":1}`, "", "ECR knows no such field"},
		{"trailing", rule(anyCount, expiring) + "{}", "", "one object only"},
		{"no rules", `{"rules":[]}`, "rules", "one at least"},
		{"tagged", rule(strings.Replace(anyCount, "any", "tagged", 1), expiring), "rules[0].selection.tagStatus", "a list must say which tags"},
		{"both lists", rule(strings.Replace(anyCount, `"any"`, `"tagged","tagPrefixList":["a"],"tagPatternList":["b"]`, 1), expiring), "rules[0].selection.tagStatus", "one of the lists"},
		{"list with any", rule(anyCount+`,"tagPrefixList":["a"]`, expiring), "rules[0].selection.tagStatus", "any takes no list"},
		{"status", rule(strings.Replace(anyCount, "any", "some", 1), expiring), "rules[0].selection.tagStatus", "no such word"},
		{"wildcards", rule(strings.Replace(anyCount, `"any"`, `"tagged","tagPatternList":["*a*b*c*d*"]`, 1), expiring), "rules[0].selection.tagPatternList", "at most four"},
		{"count", rule(strings.Replace(anyCount, "Number\":1", "Number\":0", 1), expiring), "rules[0].selection.countNumber", "more than 0"},
		{"unit", rule(anyCount+`,"countUnit":"days"`, expiring), "rules[0].selection.countUnit", "a count has no unit"},
		{"no unit", rule(strings.Replace(anyCount, "imageCountMoreThan", "sinceImagePushed", 1), expiring), "rules[0].selection.countUnit", "an age is in days"},
		{"count type", rule(strings.Replace(anyCount, "imageCountMoreThan", "sinceEver", 1), expiring), "rules[0].selection.countType", "no such word"},
		{"action", rule(anyCount, `"type":"delete"`), "rules[0].action.type", "no such word"},
		{"transition", rule(anyCount, `"type":"transition"`), "rules[0].action.targetStorageClass", "where to"},
		{"archiving", rule(anyCount, archiving), "", "it is legal"},
		{"expire with a target", rule(anyCount, expiring+`,"targetStorageClass":"archive"`), "rules[0].action.targetStorageClass", "nowhere"},
		{"pulled", rule(`"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":1`, expiring), "rules[0].action.type", "only to archive"},
		{"too young", rule(`"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":9`, expiring), "rules[0].selection.countNumber", "90 days at least"},
		{"archive by count", rule(anyCount+`,"storageClass":"archive"`, expiring), "rules[0].selection.storageClass", "by age only"},
		{"two untagged", two(untagged, untagged), "rules[1].selection.tagStatus", "one only"},
		{"any first", two(anyCount, untagged), "rules[0].rulePriority", "last only"},
		{"same priority", strings.Replace(two(untagged, anyCount), `Priority":2`, `Priority":1`, 1), "rules[1].rulePriority", "unique"},
		{
			"same prefix", two(strings.Replace(anyCount, `"any"`, `"tagged","tagPrefixList":["a"]`, 1),
				strings.Replace(anyCount, `"any"`, `"tagged","tagPrefixList":["a"]`, 1)), "rules[1].selection.tagPrefixList", "unique",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, problems := lifecycle.Parse(test.policy)
			legal := test.name == "legal" || test.name == "archiving"
			if legal {
				require.Empty(t, problems, test.reason)
				return
			}
			require.NotEmpty(t, problems, test.reason)
			require.Equal(t, test.path, problems[0].Path, test.reason)
			require.NotEmpty(t, problems[0].Text)
			require.NotEmpty(t, problems[0].Want)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rule(anyCount, expiring))
	f.Add(rule(anyCount, archiving))
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := lifecycle.Parse(text)
		if len(problems) > 0 {
			return
		}
		images := []lifecycle.Image{aged("a", 400), aged("b", 300, "v1"), aged("c", 0, "latest")}
		seen := map[string]bool{}
		for _, d := range lifecycle.Evaluate(p, images, now) {
			require.False(t, seen[d.Image.Digest], "an image is acted on at most once")
			seen[d.Image.Digest] = true
		}
	})
}
