// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	nameLimit = 32 // characters, of balancers and target groups
	hashSize  = 6  // hex digits at the end of derived names
)

// derivedName returns name, cut and cleaned as AWS wants it, with a short hash of
// parts at its end.
func derivedName(name string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		default:
			return '-'
		}
	}, name)
	clean = clean[:min(len(clean), nameLimit-hashSize-1)]
	clean = strings.Trim(clean, "-")
	return strings.TrimPrefix(clean+"-"+hex.EncodeToString(sum[:])[:hashSize], "-")
}
