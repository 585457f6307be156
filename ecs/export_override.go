// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diff"
	"github.com/slipway-go/slipway/internal/gosource"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// differing are the fields, below prefix, in which AWS has something else than what
// is declared, or has something that is not declared. Lists by name have the name.
func differing(live, want any, e slipway.Effects, prefix string) []diff.Change {
	o := diff.Options{Keys: e.Keys, Sets: e.Sets, Documents: e.Documents, Ignore: e.Ignore}
	all := diff.Compare(live, want, o)
	for i := range all {
		all[i].Path, all[i].Field = strings.TrimPrefix(all[i].Path, prefix), strings.TrimPrefix(all[i].Field, prefix)
	}
	return all
}

// overriddenTask sets what the task definition's builders do not offer.
func (x *exporter) overriddenTask(t expressed[taskCore]) expressed[taskCore] {
	desired, err := t.V.Build()
	if err != nil {
		x.leavef("the task definition cannot be declared: %s", err)
		return t
	}
	built, ok := desired.State.(*model.TaskDefinition)
	if !ok {
		return t
	}
	want, err := resolved(x, built)
	if err != nil {
		x.leavef("the task definition cannot be compared: %s", err)
		return t
	}
	live, raw := x.task, x.task.Register
	taskDefinitions{}.Defaults(&live)
	taskDefinitions{}.Defaults(want)
	strip(&raw)
	set := &assignments{p: x.p, root: reflect.ValueOf(&raw).Elem()}
	for _, c := range differing(&live, want, taskDefinitions{}.Effects(), "Register.") {
		set.from(c.Path, "ContainerDefinitions")
	}
	if len(set.paths) == 0 {
		return t
	}
	override := func(in *awsecs.RegisterTaskDefinitionInput) { set.apply(reflect.ValueOf(in).Elem()) }
	return t.Then(t.V.withOverride(override), "WithOverride", gosource.Of(x.p, override, set.function("*awsecs.RegisterTaskDefinitionInput")))
}

// overriddenService sets what the service's builder does not offer.
func (x *exporter) overriddenService(s expressed[serviceCore]) expressed[serviceCore] {
	desired, err := s.V.Build()
	if err != nil {
		x.leavef("the service cannot be declared: %s", err)
		return s
	}
	built, ok := desired.State.(*model.Service)
	if !ok {
		return s
	}
	want, err := resolved(x, built)
	if err != nil {
		x.leavef("the service cannot be compared: %s", err)
		return s
	}
	live, raw := x.service, x.service.Create
	services{}.Defaults(&live)
	services{}.Defaults(want)
	strip(&raw)
	set := &assignments{p: x.p, root: reflect.ValueOf(&raw).Elem()}
	effects := services{}.Effects()
	effects.Ignore = append(slices.Clip(effects.Ignore), services{}.Unmanaged(want)...)
	for _, c := range differing(&live, want, effects, "Create.") {
		if !strings.HasPrefix(c.Path, "TaskDefinition") { // another revision: the plan says so
			set.from(c.Path, "")
		}
	}
	if len(set.paths) == 0 {
		return s
	}
	override := func(in *awsecs.CreateServiceInput) { set.apply(reflect.ValueOf(in).Elem()) }
	return s.Then(s.V.withOverride(override), "WithOverride", gosource.Of(x.p, override, set.function("*awsecs.CreateServiceInput")))
}

// assignments set fields of an input of the SDK to what AWS has.
type assignments struct {
	p     *gosource.Printer
	root  reflect.Value
	paths []assigned
}

// assigned is a field of the input, or of the element at index of a list.
type assigned struct {
	list  string
	index int
	field string
}

func (a assigned) String() string {
	if a.list == "" {
		return a.field
	}
	return fmt.Sprintf("%s[%d].%s", a.list, a.index, a.field)
}

// from adds the field in which a difference lies: a whole field of the input, or of
// the element of the list that is taken apart.
func (a *assignments) from(path, list string) {
	found := assigned{field: firstName(path)}
	if found.field == list {
		inner := strings.TrimPrefix(path, list)
		name, rest, ok := strings.Cut(strings.TrimPrefix(inner, "["), "].")
		if index := a.indexOf(list, name); ok && strings.HasPrefix(inner, "[") && index >= 0 {
			found = assigned{list: list, index: index, field: firstName(rest)}
		}
	}
	if !slices.Contains(a.paths, found) {
		a.paths = append(a.paths, found)
	}
}

func firstName(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

func (a *assignments) indexOf(list, name string) int {
	all := a.root.FieldByName(list)
	for i := range all.Len() {
		if n, ok := reflect.TypeAssert[*string](all.Index(i).FieldByName("Name")); ok && text(n) == name {
			return i
		}
	}
	return -1
}

// in is the field within an input.
func (a assigned) in(root reflect.Value) reflect.Value {
	if a.list == "" {
		return root.FieldByName(a.field)
	}
	if all := root.FieldByName(a.list); a.index < all.Len() {
		return all.Index(a.index).FieldByName(a.field)
	}
	return reflect.Value{}
}

func (a *assignments) apply(to reflect.Value) {
	for _, path := range a.paths {
		if field := path.in(to); field.IsValid() {
			field.Set(path.in(a.root))
		}
	}
}

// function is the Go source of apply.
func (a *assignments) function(in string) string {
	var b strings.Builder
	b.WriteString("func(in " + in + ") {\n")
	for _, path := range a.paths {
		v := path.in(a.root)
		value := a.p.Literal(v.Interface())
		if v.IsZero() {
			value = zeroText(v)
		}
		b.WriteString("in." + path.String() + " = " + value + "\n")
	}
	return b.String() + "}"
}

func zeroText(v reflect.Value) string {
	switch v.Kind() { //nolint:exhaustive // what inputs of the SDK are made of
	case reflect.String:
		return `""`
	case reflect.Bool:
		return "false"
	case reflect.Int32, reflect.Int64:
		return "0"
	default:
		return "nil"
	}
}
