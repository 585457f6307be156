// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"maps"
	"slices"
	"strings"
	"time"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const publicPrefix = "/aws/service/"

func isPublic(name string) bool { return strings.HasPrefix(name, publicPrefix) }

// public returns one of AWS's own parameters.
func public(c *sim.Call, name string) (*parameter, bool) {
	if !isPublic(name) {
		return nil, false
	}
	for _, image := range published(c.Region) {
		if value, ok := image.value(c.Region, name); ok {
			return publicParameter(c, name, value), true
		}
	}
	return nil, false
}

func publicParameter(c *sim.Call, name, value string) *parameter {
	return &parameter{
		name: name, arn: resource(c, &name),
		versions: []*version{{
			number: 1, kind: ssmtypes.ParameterTypeString, value: value, dataType: "text",
			modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
	}
}

// allPublic returns AWS's own parameters below a path, by name.
func allPublic(c *sim.Call, path string) map[string]*parameter {
	all := map[string]*parameter{}
	if !isPublic(path) {
		return all
	}
	for _, image := range published(c.Region) {
		names := []string{image.idParameter()}
		for _, rest := range slices.Sorted(maps.Keys(image.below)) {
			names = append(names, image.parameter+rest)
		}
		for _, name := range names {
			if value, ok := image.value(c.Region, name); ok && strings.HasPrefix(name, path) {
				all[name] = publicParameter(c, name, value)
			}
		}
	}
	return all
}
