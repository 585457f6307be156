// SPDX-License-Identifier: Apache-2.0

package buildertest_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/buildertest"
)

// builder has good methods and, to show that the test can fail, bad ones.
type builder struct {
	list  []string
	table map[string]string
	flag  bool
}

func (b builder) WithList(s string) builder {
	b.list = append(slices.Clip(b.list), s)
	return b
}

func (b builder) WithEntry(k, v string) builder {
	b.table = maps.Clone(b.table)
	if b.table == nil {
		b.table = map[string]string{}
	}
	b.table[k] = v
	return b
}

func (b builder) WithFlag() builder {
	b.flag = true
	return b
}

type sharing builder

func (b sharing) WithList(s string) sharing {
	b.list = append(b.list, s)
	return b
}

func (b sharing) WithEntry(k string) sharing {
	if b.table == nil {
		b.table = map[string]string{}
	}
	b.table[k] = k
	return b
}

func (b sharing) WithNothing() sharing { return b }

func (b sharing) WithFace(interface{ Face() }) sharing { return b }

func TestForkAcceptsCopies(t *testing.T) { buildertest.Fork(t, builder{}) }

func TestForkFindsSharing(t *testing.T) {
	for _, row := range []struct{ method, want, reason string }{
		{"WithList", "first fork has changed", "append into spare capacity is seen by the sister"},
		{"WithEntry", "has changed", "a map that is written to is everybody's"},
		{"WithNothing", "changed nothing", "a With that forgets its argument"},
		{"WithFace", "sample", "an interface cannot be made up"},
	} {
		t.Run(row.method, func(t *testing.T) {
			require.ErrorContains(t, buildertest.Forks(sharing{}, row.method), row.want, row.reason)
		})
	}
}

func TestDrift(t *testing.T) {
	name := "web"
	buildertest.Drift(t, &Input{Name: &name, Part: &Part{Size: 1}})
}

// Input stands for an input of the SDK.
type Input struct {
	Name    *string
	Retired *string
	Part    *Part
}

// Part is a part of Input.
type Part struct{ Size int32 }
