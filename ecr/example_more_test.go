// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// An index of go-containerregistry, in parts of 8 MiB, over a connection that is often cut.
func ExampleFromIndex() {
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: empty.Image})
	pushed, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromIndex(index), ecr.Chunk(8<<20))
	if err != nil {
		fmt.Println(err)
		return
	}
	digest, err := index.Digest()
	fmt.Println(pushed.Digest() == digest.String(), err)
	// Output: true <nil>
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(ecr.Kinds()) > 0)
	// Output: true
}
