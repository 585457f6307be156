// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/diff"
)

// ExportedSecret stands in the source of [Export] where AWS has a value that sounds
// secret, or a password within a URL. It is not the value: give it back before the
// stack is applied, better as a reference by [Container.WithSecret].
const ExportedSecret = "NOT-EXPORTED-SECRET"

var passwordInURL = regexp.MustCompile(`(://[^/\s:@]*):[^/\s@]+@`)

// withhold takes what sounds secret out of the task definition, before anything is
// written.
func (x *exporter) withhold() {
	in := &x.task.Register
	in.Tags = x.withholdTags("task definition", in.Tags)
	x.service.Create.Tags = x.withholdTags("service", x.service.Create.Tags)
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
		if c.FirelensConfiguration != nil {
			router := *c.FirelensConfiguration
			router.Options = x.withheldMap(text(c.Name), "log router option ", router.Options)
			c.FirelensConfiguration = &router
		}
		c.DockerLabels = x.withheldMap(text(c.Name), "label ", c.DockerLabels)
		x.withholdWords(c)
	}
}

// withholdWords takes secrets out of what is run in the container: passwords within
// URLs, and what follows a flag or stands behind an equals sign.
func (x *exporter) withholdWords(c *ecstypes.ContainerDefinition) {
	words := map[string]*[]string{"command": &c.Command, "entry point": &c.EntryPoint}
	if c.HealthCheck != nil {
		check := *c.HealthCheck
		c.HealthCheck = &check
		words["health check"] = &check.Command
	}
	for _, what := range sortedKeys(words) {
		list := slices.Clone(*words[what])
		flag := ""
		for i, word := range list {
			list[i] = x.withheld(text(c.Name), what, flag, word)
			flag = ""
			if strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
				flag = word
			}
		}
		*words[what] = list
	}
}

// assignedValue is a name and its value, as in "--token=abc". What begins with a dollar
// sign is a name, too.
var assignedValue = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_.-]*)=([^\s$&;'"]+)`)

// withoutAssigned is text without the values of names that sound secret.
func withoutAssigned(text string) string {
	return assignedValue.ReplaceAllStringFunc(text, func(pair string) string {
		name, _, _ := strings.Cut(pair, "=")
		if diff.SoundsSecret(name) {
			return name + "=" + ExportedSecret
		}
		return pair
	})
}

// withholdTags does the same with tags.
func (x *exporter) withholdTags(of string, tags []ecstypes.Tag) []ecstypes.Tag {
	tags = slices.Clone(tags)
	for i := range tags {
		name := text(tags[i].Key)
		if value := text(tags[i].Value); value != "" && diff.SoundsSecret(name) {
			tags[i].Value = aws.String(ExportedSecret)
			x.leavef("the tag %s of the %s sounds secret and is not exported", name, of)
		}
	}
	return tags
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
	if value == "" {
		return value
	}
	safe := ExportedSecret
	if !diff.SoundsSecret(name) {
		safe = withoutAssigned(passwordInURL.ReplaceAllString(value, "$1:"+ExportedSecret+"@"))
	}
	if safe != value {
		x.leavef("the %s of container %s sounds secret and is not exported: replace %s, best by WithSecret", what, container, ExportedSecret)
	}
	return safe
}
