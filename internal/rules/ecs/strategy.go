// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

var (
	strategyMeta       = rules.Meta{ID: "ecs-strategy", Code: invalidParameter, Doc: docStrategy}
	strategyWeightMeta = rules.Meta{
		ID: "ecs-strategy-weights", Code: invalidParameter, Doc: docPreflight,
		Text: "There are no capacity providers in the capacity provider strategy with a weight value greater than zero. " +
			"Specify a weight value greater than zero for at least one capacity provider and try again.",
	}
)

// The bounds of capacity provider strategies.
const (
	maxStrategyItems = 20
	maxBase          = 100000
	maxWeight        = 1000
)

func strategyWeights(r *rules.Report, path string, items []ecstypes.CapacityProviderStrategyItem) {
	for i := range items {
		if items[i].Weight > 0 {
			return
		}
	}
	// A single provider without weight and base stands for all: weight 1.
	if len(items) > 1 {
		r.Add(rules.Problem{Path: path, Got: "no weight above 0", Want: "at least one"})
	}
}

// strategy checks number, bounds, and that providers are of one sort.
func strategy(r *rules.Report, path string, items []ecstypes.CapacityProviderStrategyItem) {
	if len(items) > maxStrategyItems {
		r.Add(rules.Problem{Path: path, Got: count(len(items), "item"), Want: "at most 20"})
	}
	seen := map[string]bool{}
	bases, own := 0, 0
	for i := range items {
		item := &items[i]
		at := rules.Elem(path, item.CapacityProvider, i)
		between(r, at+".Base", &item.Base, 0, maxBase, "", "")
		between(r, at+".Weight", &item.Weight, 0, maxWeight, "", "")
		if item.Base > 0 {
			bases++
		}
		name := value(item.CapacityProvider)
		if ownProvider(name) {
			own++
		}
		if seen[name] {
			r.Add(rules.Problem{
				Path: at, Got: quote(name) + " twice", Want: "each provider once",
				Text: "The capacity provider strategy contains a duplicate capacity provider. Remove the duplicate and try again.",
			})
		}
		seen[name] = true
	}
	strategyMix(r, path, len(items), bases, own)
}

func strategyMix(r *rules.Report, path string, items, bases, own int) {
	if bases > 1 {
		r.Add(rules.Problem{
			Path: path, Got: fmt.Sprintf("%d providers with a base", bases), Want: "at most one",
			Text: "Only one capacity provider in a capacity provider strategy can have a base defined.",
		})
	}
	if own > 0 && own < items {
		r.Add(rules.Problem{
			Path: path, Got: "Fargate and other providers", Want: "only one sort",
			Text: "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. " +
				"Specify one or the other and try again.",
		})
	}
}
