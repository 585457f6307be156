// SPDX-License-Identifier: Apache-2.0

// Package servicediscovery holds what AWS Cloud Map rejects.
package servicediscovery

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// The error codes of Cloud Map that rules answer with.
const (
	invalid           = "InvalidInput"
	namespaceNotFound = "NamespaceNotFound"
	serviceNotFound   = "ServiceNotFound"
	tooManyTags       = "TooManyTagsException"
)

const api = "https://docs.aws.amazon.com/cloud-map/latest/api/"

// The bounds of what all things have.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_Tag.html
const (
	maxDescription = 1024
	maxRequestID   = 64
	maxTags        = 200
	maxTagKey      = 128
	maxTagValue    = 256
	maxTTL         = 2147483647
)

// common are the fields that all inputs which make something have.
type common struct {
	description, request *string
	tags                 []sdtypes.Tag
}

// commonRules are those of the fields that all inputs which make something have.
func commonRules[T any](of func(*T) common) rules.Of[T] {
	return rules.Of[T]{
		{Meta: rules.Meta{ID: "cloudmap-description", Code: invalid, Doc: api + "API_CreateService.html"},
			Check: func(r *rules.Report, in *T) { longest(r, "Description", of(in).description, maxDescription) }},
		{Meta: rules.Meta{ID: "cloudmap-request-id", Code: invalid, Doc: api + "API_CreateService.html"},
			Check: func(r *rules.Report, in *T) { longest(r, "CreatorRequestId", of(in).request, maxRequestID) }},
		{Meta: rules.Meta{ID: "cloudmap-tags", Code: invalid, Doc: api + "API_Tag.html"},
			Check: func(r *rules.Report, in *T) { checkTags(r, of(in).tags) }},
	}
}

// longest reports a text of too many characters.
func longest(r *rules.Report, path string, text *string, most int) {
	if n := utf8.RuneCountInString(value(text)); n > most && !slipway.HasRef(*text) {
		r.Add(rules.Problem{Path: path, Got: count(n, "character"), Want: fmt.Sprintf("at most %d", most)})
	}
}

func checkTags(r *rules.Report, tags []sdtypes.Tag) {
	if n := len(tags); n > maxTags {
		r.Add(rules.Problem{Path: "Tags", Got: count(n, "tag"), Want: "at most 200", Code: tooManyTags})
	}
	for i, t := range tags {
		path := rules.Elem("Tags", t.Key, i)
		switch key := value(t.Key); {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			r.Add(rules.Problem{Path: path + ".Key", Got: quote(key), Want: "1 to 128 characters"})
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			r.Add(rules.Problem{Path: path + ".Key", Got: quote(key), Want: `a key that does not begin with "aws:"`})
		case utf8.RuneCountInString(value(t.Value)) > maxTagValue:
			r.Add(rules.Problem{Path: path + ".Value", Got: count(len(*t.Value), "character"), Want: "at most 256"})
		}
	}
}

// named reports a name that has not the form, or more characters.
func named(r *rules.Report, name *string, form *regexp.Regexp, most int, want string) {
	if n := value(name); !slipway.HasRef(n) && (len(n) > most || !form.MatchString(n)) {
		r.Add(rules.Problem{Path: "Name", Got: quote(n), Want: want})
	}
}

// ttl reports seconds that are not in the bounds of DNS; nil is in them.
func ttl(r *rules.Report, path string, seconds *int64) {
	if n := value(seconds); n < 0 || n > maxTTL {
		r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%d s", n), Want: "0 s to 2147483647 s"})
	}
}

func quote(s string) string { return strconv.Quote(s) }

// count says "1 tag", "2 tags".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
