// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"
	"unicode"
)

func quote(s string) string { return strconv.Quote(s) }

func mib(n int32) string { return strconv.Itoa(int(n)) + " MiB" }

// count says "1 tag", "2 tags".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func reservedTag(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

// ascii shows other characters as ECS does in its answers.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, s)
}
