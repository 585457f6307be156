// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"regexp"
	"slices"
	"strings"
)

var secretName = regexp.MustCompile(`(?i)pass(word|wd|phrase)|secret|token|credential|` +
	`(api|app|access|account|auth|encryption|hmac|master|private|session|shared|signing)[_-]?key|` +
	`(^|[_. -])(pass|pwd)([_. -]|$)|(?-i:[a-z](Pass|Pwd)$)`)

// notSecret are fields that sound secret, yet hold names and references only.
var notSecret = []string{"Secrets", "SecretOptions", "CredentialsParameter", "RepositoryCredentials"}

// isSecret reports whether values under that name are not to be shown.
func isSecret(name string) bool {
	return name == userData || SoundsSecret(name) && !slices.Contains(notSecret, name)
}

// userData is the field that has what instances are given when they start: base64, in
// which nothing would be found, of a script, in which there may be anything.
const userData = "UserData"

// hints: each name that the expression finds has one of these, which takes less to see.
var hints = []string{"pass", "pwd", "secret", "token", "credential", "key"}

// SoundsSecret reports whether what goes by this name is probably secret.
func SoundsSecret(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(lower, h) }) && secretName.MatchString(name)
}

// What a text says of secrets: a name and its value as in the shell, in JSON, YAML and
// connection strings; a flag and the next word; what a header authorizes by; and the user
// of a URL with the password, which may contain all that ends it in a URL that is right.
var (
	assigned = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_.-]*)(?:\\?["'][ \t]*[=:][ \t]*|[ \t]*=[ \t]*|:[ \t]+)(\\"[^"]*"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s&;'"\\]+)`)
	flagged  = regexp.MustCompile(`(--?[A-Za-z][A-Za-z0-9_.-]*)[ \t]+("[^"]*"|'[^']*'|[^\s'"-][^\s'"]*)`)
	headed   = regexp.MustCompile(`(?i)(authorization["']?\s*[:=]\s*["']?(?:basic|bearer|token|apikey)\s+|\bbearer\s+)([^\s'"\\]{6,})`)
	userInfo = regexp.MustCompile(`(://[^/\s:@'"]*):([^\s'"]*)@`)
	port     = regexp.MustCompile(`^\d{1,5}[/?]`)
	// variable is the name of a value, not the value.
	variable = regexp.MustCompile(`^\$(\{[^}]*\}|\([^)]*\)|\w+)$`)
)

// shapes are secrets that can be told by their looks: private keys, and the tokens of
// GitHub, Slack, Stripe, Google and of JSON Web Token.
var shapes = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)|` +
	`\b(?:gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|[rs]k_live_[A-Za-z0-9]{16,}|` +
	`AIza[A-Za-z0-9_-]{35}|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})`)

// Scrub is text with mask in the place of what sounds secret in it. Names of variables,
// ARNs and placeholders are none.
func Scrub(text, mask string) string {
	text = userInfo.ReplaceAllStringFunc(text, func(url string) string {
		m := userInfo.FindStringSubmatch(url)
		if port.MatchString(m[2]) {
			return url
		}
		return m[1] + ":" + mask + "@"
	})
	text = headed.ReplaceAllString(text, "${1}"+strings.ReplaceAll(mask, "$", "$$"))
	text = scrubPairs(assigned, scrubPairs(flagged, text, mask), mask)
	return shapes.ReplaceAllLiteralString(text, mask)
}

// scrubPairs masks the values of names that sound secret. The value of another name may
// have pairs itself, such as a URL with a query.
func scrubPairs(pairs *regexp.Regexp, text, mask string) string {
	var b strings.Builder
	for {
		m := pairs.FindStringSubmatchIndex(text)
		if m == nil {
			return b.String() + text
		}
		name, value, end := text[m[2]:m[3]], m[4], m[4]
		b.WriteString(text[:value])
		if SoundsSecret(name) {
			end = m[5]
			b.WriteString(masked(text[value:end], mask))
		}
		text = text[end:]
	}
}

// masked is the mask within the quotes of a value.
func masked(value, mask string) string {
	for _, quote := range []string{`\"`, `"`, `'`} {
		if inner, ok := strings.CutPrefix(value, quote); ok {
			return quote + masked(strings.TrimSuffix(inner, quote), mask) + quote
		}
	}
	if value == "" || variable.MatchString(value) || strings.HasPrefix(value, "arn:") || strings.HasPrefix(value, "${slipway:") {
		return value
	}
	return mask
}
