// SPDX-License-Identifier: Apache-2.0

package override_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/override"
)

type input struct {
	Name *string
	Size int
	List []string
}

func TestRun(t *testing.T) {
	t.Parallel()
	name := "x"
	tests := []struct {
		name string
		fs   []func(*input)
		want []string
	}{
		{"none", nil, nil},
		{"one that changes nothing", []func(*input){func(*input) {}}, nil},
		{"a field is set", []func(*input){func(in *input) { in.Size = 2 }}, []string{"Create.Size"}},
		{"a field is taken away", []func(*input){func(in *input) { in.Name = nil }}, []string{"Create.Name"}},
		{"several, each once, in the order of the fields", []func(*input){
			func(in *input) { in.List[0] = "b" },
			func(in *input) { in.List = append(in.List, "c"); in.Size = 3 },
		}, []string{"Create.Size", "Create.List"}},
		{"the last one counts", []func(*input){
			func(in *input) { in.Size = 2 }, func(in *input) { in.Size = 1 },
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shared := []string{"a"}
			in := input{Name: &name, Size: 1, List: shared}
			require.Equal(t, tt.want, override.Run("Create.", &in, tt.fs...))
			require.Equal(t, []string{"a"}, shared, "the builder's own slice is untouched")
		})
	}
}
