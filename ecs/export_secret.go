// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diff"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// ExportedSecret stands in the source of [Export] where AWS has a value that sounds
// secret, or a password within a URL. It is not the value: give it back before the
// stack is applied, better as a reference by [Container.WithSecret].
const ExportedSecret = "NOT-EXPORTED-SECRET"

// withhold takes what sounds secret out of the task definition, before anything is
// written.
func (x *exporter) withhold() {
	in := &x.task.Register
	in.Tags = x.withholdTags("the task definition", in.Tags)
	x.service.Create.Tags = x.withholdTags("the service", x.service.Create.Tags)
	x.withholdPairs("its scaling", reflect.ValueOf(x.scaling))
	in.Volumes = x.withholdVolumes(in.Volumes)
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

// withholdTags does the same with tags.
func (x *exporter) withholdTags(of string, tags []ecstypes.Tag) []ecstypes.Tag {
	tags = slices.Clone(tags)
	x.withholdPairs(of, reflect.ValueOf(tags))
	return tags
}

// withholdOwned takes secrets out of all else that the stack owns: tags, and what
// listener rules demand of headers and queries, such as what only a CDN knows.
func (x *exporter) withholdOwned() {
	byName := func(a, b slipway.ID) int { return strings.Compare(a.String(), b.String()) }
	for _, id := range slices.SortedFunc(maps.Keys(x.owned), byName) {
		if id.Kind != model.KindService && id.Kind != model.KindTaskDefinition { // which have their own
			x.withholdPairs(id.String(), reflect.ValueOf(x.owned[id].State))
		}
	}
}

// withholdPairs looks through v, which is the exporter's own, for keys that sound secret
// and takes their values out.
func (x *exporter) withholdPairs(of string, v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the rest has no pairs
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			x.withholdPairs(of, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			x.withholdPairs(of, v.Index(i))
		}
	case reflect.Struct:
		if x.withholdPair(of, v) {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				x.withholdField(of, f.Name, v.Field(i))
			}
		}
	}
}

// withholdField does so with a field: of maps those of tags, the others are documents
// and attributes.
func (x *exporter) withholdField(of, field string, v reflect.Value) {
	tags, ok := reflect.TypeAssert[map[string]string](v)
	if !ok || field != "Tags" {
		x.withholdPairs(of, v)
		return
	}
	for _, name := range sortedKeys(tags) {
		if tags[name] != "" && diff.SoundsSecret(name) {
			tags[name] = ExportedSecret
			x.leavef("the value of %s of %s sounds secret and is not exported", name, of)
		}
	}
}

// withholdPair takes out the value of a pair; false if v is none.
func (x *exporter) withholdPair(of string, v reflect.Value) bool {
	if header, ok := reflect.TypeAssert[elbtypes.HttpHeaderConditionConfig](v); ok {
		if diff.SoundsSecret(text(header.HttpHeaderName)) {
			v.FieldByName("Values").Set(reflect.ValueOf([]string{ExportedSecret}))
			x.leavef("the value of header %s of %s sounds secret and is not exported", text(header.HttpHeaderName), of)
		}
		return true
	}
	key, value := v.FieldByName("Key"), v.FieldByName("Value")
	if !key.IsValid() || !value.IsValid() {
		return false
	}
	name, isText := reflect.TypeAssert[*string](key)
	old, settable := reflect.TypeAssert[*string](value)
	if !isText || !settable {
		return false
	}
	if text(old) != "" && diff.SoundsSecret(text(name)) {
		value.Set(reflect.ValueOf(aws.String(ExportedSecret)))
		x.leavef("the value of %s of %s sounds secret and is not exported", text(name), of)
	}
	return true
}

func (x *exporter) withheldMap(container, what string, m map[string]string) map[string]string {
	m = maps.Clone(m)
	for _, k := range sortedKeys(m) {
		m[k] = x.withheld(container, what+k, k, m[k])
	}
	return m
}

// withheldOf is the value of something else than a container, or what stands in its
// place.
func (x *exporter) withheldOf(what, name, value string) string {
	safe := ExportedSecret
	if !diff.SoundsSecret(name) {
		safe = diff.Scrub(value, ExportedSecret)
	}
	if value == "" || safe == value {
		return value
	}
	x.leavef("the %s sounds secret and is not exported", what)
	return safe
}

// withholdVolumes takes secrets out of what Docker's drivers of volumes are told, such as
// a password for a file server.
func (x *exporter) withholdVolumes(volumes []ecstypes.Volume) []ecstypes.Volume {
	volumes = slices.Clone(volumes)
	for i := range volumes {
		if volumes[i].DockerVolumeConfiguration == nil {
			continue
		}
		d := *volumes[i].DockerVolumeConfiguration
		d.DriverOpts, d.Labels = maps.Clone(d.DriverOpts), maps.Clone(d.Labels)
		for _, of := range []struct {
			what  string
			pairs map[string]string
		}{{"driver option ", d.DriverOpts}, {"label ", d.Labels}} {
			for _, k := range sortedKeys(of.pairs) {
				of.pairs[k] = x.withheldOf(of.what+k+" of volume "+text(volumes[i].Name), k, of.pairs[k])
			}
		}
		volumes[i].DockerVolumeConfiguration = &d
	}
	return volumes
}

// withheld is the value, or what stands in its place.
func (x *exporter) withheld(container, what, name, value string) string {
	if value == "" {
		return value
	}
	safe := ExportedSecret
	if !diff.SoundsSecret(name) {
		safe = diff.Scrub(value, ExportedSecret)
	}
	if safe != value {
		x.leavef("the %s of container %s sounds secret and is not exported: replace %s, best by WithSecret", what, container, ExportedSecret)
	}
	return safe
}
