// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"strings"
)

// principal reports whether a statement of a resource's policy is about the
// caller. To allow the whole account only delegates: its own policies decide.
func (q question) principal(kind Kind, s *Statement) bool {
	account := kind == Trust || s.Effect == Deny
	if s.NotPrincipals != nil {
		return !q.Principal.in(s.NotPrincipals, true)
	}
	return q.Principal.in(s.Principals, account)
}

func (p Principal) in(principals map[string][]string, account bool) bool {
	switch {
	case slices.Contains(principals["AWS"], "*"):
		return true
	case p.Service != "":
		return slices.Contains(principals["Service"], p.Service)
	case p.Federated != "":
		return slices.Contains(principals["Federated"], p.Federated)
	default:
		return slices.ContainsFunc(principals["AWS"], func(named string) bool {
			return p.is(named) || account && p.ofAccount(named)
		})
	}
}

// is reports whether an AWS principal names the caller or its role.
func (p Principal) is(named string) bool {
	return named != "" && (named == p.ARN || named == p.Role)
}

func (p Principal) ofAccount(named string) bool {
	if p.Account == "" {
		return false
	}
	return named == p.Account ||
		strings.HasPrefix(named, "arn:") && strings.HasSuffix(named, ":iam::"+p.Account+":root")
}

// viaRole reports whether a statement grants to the caller's role and not to the
// session itself or to everybody: then what bounds the role counts.
func (q question) viaRole(s *Statement) bool {
	if q.Principal.Role == "" || s.Principals == nil {
		return false
	}
	named := s.Principals["AWS"]
	return !slices.Contains(named, "*") && !slices.Contains(named, q.Principal.ARN)
}
