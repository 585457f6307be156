// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/place"
)

// Permissions returns what the caller of Apply needs to be allowed, and nothing
// more, as far as the kinds can tell.
func (p *Plan) Permissions() []Permission { return slices.Clone(p.permissions) }

// Policy returns [Plan.Permissions] as an IAM policy document.
func (p *Plan) Policy() string {
	type statement struct {
		Effect    string
		Action    []string
		Resource  []string
		Condition map[string]map[string][]string `json:",omitempty"`
	}
	doc := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17", Statement: []statement{}}
	for _, q := range p.permissions {
		doc.Statement = append(doc.Statement, statement{"Allow", q.Actions, q.Resources, q.Conditions})
	}
	body, err := json.MarshalIndent(doc, "", "  ")
	if err != nil { // never for strings
		return err.Error()
	}
	return string(body)
}

// permissions gathers what all changes need.
func (r *run) permissions(work []*doomed) []Permission {
	var all []Permission
	for i, n := range r.nodes {
		got := r.reads[i]
		if got.want != nil {
			all = append(all, n.kind.driver.permissions(got.have, got.want)...)
		}
	}
	for _, d := range append(r.firsts(), work...) {
		all = append(all, d.kind.driver.permissions(d.have, nil)...)
	}
	for _, k := range r.kinds() {
		if k.driver.lists() && !k.driver.effects().Existing {
			all = append(all, k.driver.permissions(nil, nil)...)
		}
	}
	return merged(r.concrete(all))
}

// concrete resolves placeholders in resources; what cannot be told may be anything.
func (r *run) concrete(all []Permission) []Permission {
	out := make([]Permission, 0, len(all))
	for _, p := range all {
		for _, lookup := range []place.Lookup{r.predicted, anything} {
			resolved, err := place.Resolve(p, lookup)
			if q, ok := resolved.(Permission); ok && err == nil {
				p = q
			}
		}
		out = append(out, p)
	}
	return out
}

// anything stands for what cannot be told.
func anything(place.Ref) (values []string, known bool, err error) {
	return []string{"*"}, true, nil
}

// merged joins permissions on the same resources under the same conditions.
func merged(all []Permission) []Permission {
	byScope := map[string]Permission{}
	for _, p := range all {
		p.Resources = unique(p.Resources)
		conditions, err := json.Marshal(p.Conditions)
		if err != nil { // never for strings
			continue
		}
		scope := strings.Join(p.Resources, " ") + string(conditions)
		p.Actions = unique(append(slices.Clip(byScope[scope].Actions), p.Actions...))
		byScope[scope] = p
	}
	out := make([]Permission, 0, len(byScope))
	for _, scope := range slices.Sorted(maps.Keys(byScope)) {
		out = append(out, byScope[scope])
	}
	return out
}

func unique(s []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(s)))
}
