// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"strings"
	"unicode/utf8"
)

const blanks = " \t\r\n"

func (p *parser) skip() {
	p.pos = len(p.text) - len(strings.TrimLeft(p.text[p.pos:], blanks))
}

// take steps over s, and the blanks before it, if it stands here.
func (p *parser) take(s string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// keyword is take of a whole word.
func (p *parser) keyword(word string) bool {
	start := p.pos
	if p.take(word) {
		if r, _ := utf8.DecodeRuneInString(p.text[p.pos:]); p.pos == len(p.text) || !nameRune(r) {
			return true
		}
	}
	p.pos = start
	return false
}

// run reads as long as the runes are such. The signs && and || end it.
func (p *parser) run(such func(rune) bool) string {
	start := p.pos
	for p.pos < len(p.text) {
		rest := p.text[p.pos:]
		r, size := utf8.DecodeRuneInString(rest)
		if !such(r) || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||") {
			break
		}
		p.pos += size
	}
	return p.text[start:p.pos]
}

func wordRune(r rune) bool {
	return r == '_' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9')
}

// nameRune: of names of attributes, and the colon before them.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attribute.html
func nameRune(r rune) bool { return wordRune(r) || strings.ContainsRune(`-./\:`, r) }

func valueRune(r rune) bool { return !strings.ContainsRune(blanks+`()[],'"`, r) }

// patternRune: classes and counts stand in bare patterns, groups need quotes.
func patternRune(r rune) bool { return !strings.ContainsRune(blanks+`()'"`, r) }
