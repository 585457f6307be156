// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"
)

// spool is where layers that have to be compressed are written, so that memory
// stays flat, each byte is compressed once, and an upload can be repeated.
type spool struct {
	dir string
	// jobs is how many layers are worked on at a time.
	jobs int
	// packers are those who compress, one layer after the other; nil for one that
	// is to be made.
	packers chan *packer
	// ready is told of each layer as soon as it can be uploaded.
	ready func(context.Context, v1.Layer) error
	// remote says how registries are reached.
	remote func(context.Context) []remote.Option
}

func newSpool(dir string, jobs int) *spool {
	s := &spool{dir: dir, jobs: jobs, packers: make(chan *packer, maxPackers)}
	for range maxPackers {
		s.packers <- nil
	}
	return s
}

// spooled is a compressed layer in a file.
type spooled struct {
	path           string
	digest, diffID v1.Hash
	size           int64
	mediaType      types.MediaType
}

func (l *spooled) Digest() (v1.Hash, error)            { return l.digest, nil }
func (l *spooled) DiffID() (v1.Hash, error)            { return l.diffID, nil }
func (l *spooled) Size() (int64, error)                { return l.size, nil }
func (l *spooled) MediaType() (types.MediaType, error) { return l.mediaType, nil }
func (l *spooled) Compressed() (io.ReadCloser, error)  { return os.Open(l.path) }

// Uncompressed unpacks the file.
func (l *spooled) Uncompressed() (io.ReadCloser, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, closing(err, f)
	}
	return unpacking{z, f}, nil
}

type unpacking struct {
	*gzip.Reader
	file *os.File
}

// Close ends both.
func (u unpacking) Close() error { return closing(u.Reader.Close(), u.file) }

// closing closes c and returns the first error.
func closing(err error, c io.Closer) error {
	if closed := c.Close(); err == nil {
		return closed
	}
	return err
}

// counted hashes and counts what is written to a file.
type counted struct {
	file *os.File
	hash hash.Hash
	size int64
}

func (s *spool) create() (*counted, error) {
	f, err := os.CreateTemp(s.dir, "layer-*")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &counted{file: f, hash: sha256.New()}, nil
}

// Write writes to the file.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	c.hash.Write(b[:n])
	c.size += int64(n)
	return n, err
}

func (c *counted) digest() v1.Hash { return sum(c.hash) }

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

// compress writes a layer given uncompressed.
func (s *spool) compress(ctx context.Context, r io.Reader, mediaType types.MediaType) (*spooled, error) {
	out, err := s.create()
	if err != nil {
		return nil, err
	}
	plain := sha256.New()
	err = s.gzip(ctx, out, io.TeeReader(contextReader{ctx, r}, plain))
	if err = closing(err, out.file); err != nil {
		return nil, fmt.Errorf("compress layer: %w", err)
	}
	return &spooled{path: out.file.Name(), digest: out.digest(), diffID: sum(plain), size: out.size, mediaType: mediaType}, nil
}

// gzip compresses when it is its turn.
func (s *spool) gzip(ctx context.Context, w io.Writer, r io.Reader) (err error) {
	var p *packer
	select {
	case p = <-s.packers:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.packers <- p }()
	if p == nil {
		if p, err = newPacker(); err != nil {
			return err
		}
	}
	return p.pack(w, r)
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context //nolint:containedctx // an io.Reader has no other way to be told
	r   io.Reader
}

// Read reads unless the context has ended.
func (c contextReader) Read(b []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(b)
}

// streamed reads the layers of an image that can be read but once, and whose
// digests are known only then.
func (s *spool) streamed(ctx context.Context, image v1.Image) (v1.Image, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	kept := make([]v1.Layer, len(layers))
	err = s.each(ctx, len(layers), func(ctx context.Context, i int) (err error) {
		kept[i], err = s.keep(ctx, layers[i])
		return err
	})
	return streamedImage{Image: image, layers: kept}, err
}

// keep writes a layer as its owner compresses it.
func (s *spool) keep(ctx context.Context, l v1.Layer) (v1.Layer, error) {
	mediaType, err := l.MediaType()
	if err != nil {
		return nil, err
	}
	r, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	out, err := s.create()
	if err != nil {
		return nil, closing(err, r)
	}
	_, err = io.Copy(out, contextReader{ctx, r})
	if err = closing(closing(err, r), out.file); err != nil {
		return nil, fmt.Errorf("read layer: %w", err)
	}
	diffID, err := l.DiffID()
	return &spooled{path: out.file.Name(), digest: out.digest(), diffID: diffID, size: out.size, mediaType: mediaType}, err
}

// each works on n layers, s.jobs at a time.
func (s *spool) each(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.jobs)
	for i := range n {
		group.Go(func() error { return work(ctx, i) })
	}
	return group.Wait()
}

// streamedImage is an image whose layers can be read again.
type streamedImage struct {
	v1.Image
	layers []v1.Layer
}

// Layers returns the layers that were kept.
func (i streamedImage) Layers() ([]v1.Layer, error) { return i.layers, nil }
