// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/diff"
)

// ExportedSecret stands in the source of [Export] where AWS has a value that sounds
// secret, or a password within a URL. It is not the value: give it back before the
// stack is applied, better as a reference by [Container.WithSecret].
const ExportedSecret = "NOT-EXPORTED-SECRET" //nolint:gosec // the opposite of a secret

var passwordInURL = regexp.MustCompile(`(://[^/\s:@]*):[^/\s@]+@`)

// withhold takes what sounds secret out of the task definition, before anything is
// written.
func (x *exporter) withhold() {
	in := &x.task.Register
	in.ContainerDefinitions = slices.Clone(in.ContainerDefinitions)
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		c.Environment = slices.Clone(c.Environment)
		for j := range c.Environment {
			e := &c.Environment[j]
			e.Value = aws.String(x.withheld(text(c.Name), "environment variable "+text(e.Name), text(e.Name), text(e.Value)))
		}
		if c.LogConfiguration != nil {
			logs := *c.LogConfiguration
			logs.Options = x.withheldMap(text(c.Name), "log option ", logs.Options)
			c.LogConfiguration = &logs
		}
		c.DockerLabels = x.withheldMap(text(c.Name), "label ", c.DockerLabels)
		x.withholdWords(c)
	}
}

// withholdWords takes passwords within URLs out of what the container is started
// with.
func (x *exporter) withholdWords(c *ecstypes.ContainerDefinition) {
	for what, words := range map[string]*[]string{"command": &c.Command, "entry point": &c.EntryPoint} {
		*words = slices.Clone(*words)
		for i, w := range *words {
			(*words)[i] = x.withheld(text(c.Name), what, "", w)
		}
	}
}

func (x *exporter) withheldMap(container, what string, m map[string]string) map[string]string {
	m = maps.Clone(m)
	for _, k := range sortedKeys(m) {
		m[k] = x.withheld(container, what+k, k, m[k])
	}
	return m
}

// withheld is the value, or what stands in its place.
func (x *exporter) withheld(container, what, name, value string) string {
	safe := value
	switch {
	case value == "":
		return value
	case diff.SoundsSecret(name):
		safe = ExportedSecret
	default:
		safe = passwordInURL.ReplaceAllString(value, "$1:"+ExportedSecret+"@")
	}
	if safe != value {
		x.leave("the %s of container %s sounds secret and is not exported: replace %s, best by WithSecret", what, container, ExportedSecret)
	}
	return safe
}
