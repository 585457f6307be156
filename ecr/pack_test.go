// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"archive/tar"
	"compress/gzip"
	"debug/elf"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// What is compressed in blocks, on any number of processors, is what any gzip reads.
func TestCompression(t *testing.T) { //nolint:paralleltest // it sets the number of processors
	for _, test := range []struct {
		name string
		size int
	}{{"empty", 0}, {"short", 5}, {"just below a block", 256<<10 - 1537}, {"a block", 256<<10 - 1536}, {"just above", 256<<10 - 1535}, {"many blocks", 3<<20 + 17}} {
		t.Run(test.name, func(t *testing.T) { //nolint:paralleltest // see above
			content := make([]byte, test.size)
			_, _ = rand.NewChaCha8([32]byte{1}).Read(content[:test.size/3]) // the rest is zeros
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), content, 0o600))
			var digests []string
			for _, processors := range []int{1, 3, 16} {
				before := runtime.GOMAXPROCS(processors)
				cloud := fakes.New(fakes.Options{})
				pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"),
					ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: built(t, elf.EM_X86_64)}).WithDirectory(dir, "/"))
				runtime.GOMAXPROCS(before)
				require.NoError(t, err)
				digests = append(digests, pushed.Digest())

				list, err := pull(t, cloud, pushed).Layers()
				require.NoError(t, err)
				r, err := list[1].Compressed()
				require.NoError(t, err)
				z, err := gzip.NewReader(r)
				require.NoError(t, err)
				entries := tar.NewReader(z)
				_, err = entries.Next()
				require.NoError(t, err)
				got, err := io.ReadAll(entries)
				require.NoError(t, err)
				require.Equal(t, content, got)
				_, err = io.Copy(io.Discard, z)
				require.NoError(t, err, "length and checksum are right")
				require.NoError(t, r.Close())
			}
			require.Equal(t, digests[0], digests[1], "processors do not matter")
			require.Equal(t, digests[0], digests[2])
		})
	}
}
