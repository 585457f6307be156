// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/slipway-go/slipway"
)

const (
	stackPrefix = "ecr-"
	// maxStack is how long a stack's name may be.
	maxStack   = 64
	hashDigits = 8
)

// Stack returns the stack that [Push] applies: the repository alone. Its name is
// "ecr-" with the repository's, in which other characters than letters, digits,
// hyphens and underscores become hyphens, followed by a hash then. Plan or destroy
// the repository by it.
func (r Repository) Stack() slipway.Stack { return slipway.NewStack(stackName(r.name), r) }

func stackName(repository string) string {
	plain := strings.Map(func(c rune) rune {
		if c == '/' || c == '.' {
			return '-'
		}
		return c
	}, repository)
	if plain == repository && len(stackPrefix)+len(plain) <= maxStack {
		return stackPrefix + plain
	}
	sum := sha256.Sum256([]byte(repository))
	plain = plain[:min(len(plain), maxStack-len(stackPrefix)-hashDigits-1)]
	return stackPrefix + plain + "-" + hex.EncodeToString(sum[:])[:hashDigits]
}

// RepositoryOutputs is what is known of a repository once it exists.
type RepositoryOutputs struct{ ARN, Name, URI string }

// Outputs gives outputs their type, for [slipway.Output].
func (Repository) Outputs(values map[string][]string) RepositoryOutputs {
	return RepositoryOutputs{ARN: first(values["arn"]), Name: first(values["name"]), URI: first(values["uri"])}
}
