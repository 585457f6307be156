// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
)

// Quotas of documents, in characters; in all but the trust policy's white space
// does not count.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const (
	MaxTrust   = 2048
	MaxManaged = 6144
	MaxInline  = 10240
)

// Size is the length of a document as IAM counts it: without white space.
func Size(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// document reports what IAM does not take in a document.
func document(r *rules.Report, path string, text *string, kind policy.Kind) {
	if text == nil {
		return
	}
	for _, f := range policy.CheckText(*text, kind) {
		got := f.Got
		if got == "" && f.Path == "" && slipway.HasRef(*text) {
			got = shorten(*text)
		}
		r.Add(rules.Problem{Path: join(path, f.Path), Got: got, Want: f.Want, Text: f.Text})
	}
}

func shorten(s string) string {
	const most = 60
	if s = strings.Join(strings.Fields(s), " "); len(s) > most {
		return s[:most] + "..."
	}
	return s
}

func join(path, more string) string {
	if more == "" {
		return path
	}
	return path + "." + more
}

// size reports a document that is longer than its quota. With placeholders its
// length is not known yet.
func size(r *rules.Report, path string, text *string, most int, message string) {
	if text == nil || slipway.HasRef(*text) || Size(*text) <= most {
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: fmt.Sprintf("%d characters", Size(*text)), Want: fmt.Sprintf("at most %d", most), Text: message,
	})
}
