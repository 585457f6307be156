// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// blob is a layer or config that is to be in the repository.
type blob struct {
	digest v1.Hash
	size   int64
	open   func() (io.ReadCloser, error)
	// lenders are repositories of the same registry that have it.
	lenders []string
}

// upload is one blob on its way. It goes on after a cut connection where the
// registry has come to: at the offset that it tells, or at least behind the last
// chunk that it took. ECR's answers lag behind what it has.
// https://github.com/aws/containers-roadmap/issues/2831
type upload struct {
	*uploader
	blob
	// location is where the next chunk goes; nil before an upload has begun.
	location *url.URL
	// offset is how many bytes the registry has, counted how many the meter knows.
	offset, counted int64
	// failed is why the last attempt ended; resumed says that one went on where
	// another had ended; restarts is how often all began anew.
	failed   error
	resumed  bool
	restarts int
}

// maxRestarts is how often an upload begins anew when it cannot go on.
const maxRestarts = 3

func (u *upload) run(ctx context.Context) error {
	err := persist(ctx, func() int64 { return u.offset }, func() error {
		if u.failed != nil && u.location != nil {
			if done, err := u.recover(ctx); done || err != nil {
				return err
			}
		}
		u.failed = u.try(ctx)
		if unfit(u.failed) && u.resumed {
			return again{u.failed}
		}
		return u.failed
	})
	if err != nil {
		return fmt.Errorf("blob %s: %w", u.digest, err)
	}
	return nil
}

// try sends what is missing.
func (u *upload) try(ctx context.Context) error {
	if u.location == nil {
		if err := u.begin(ctx); err != nil {
			return err
		}
	}
	if u.offset < u.size {
		if err := u.chunks(ctx); err != nil {
			return err
		}
	}
	return u.finish(ctx)
}

func (u *upload) begin(ctx context.Context) error {
	a, err := u.do(ctx, http.MethodPost, u.url("/blobs/uploads/"), nil, nil, http.StatusAccepted)
	if err != nil {
		return err
	}
	u.location, _, err = a.begun()
	return err
}

// recover finds out how far the registry has come. It may have the whole blob,
// when just its last answer was lost.
func (u *upload) recover(ctx context.Context) (done bool, err error) {
	if unfit(u.failed) {
		return false, u.restart()
	}
	have := u.offset
	a, err := u.do(ctx, http.MethodGet, u.location, nil, nil, http.StatusNoContent, http.StatusOK)
	if err != nil && !definite(err) {
		return false, err
	}
	if err == nil {
		have, err = u.told(a)
	} else {
		done, err = u.has(ctx, u.digest)
	}
	if done || err != nil {
		return done, err
	}
	if have == u.offset && (lost(u.failed) || have == 0) {
		return false, u.restart()
	}
	u.rewind(have)
	u.resumed = true
	return false, nil
}

// told reads what the registry says it has. It has at least what it took.
func (u *upload) told(a answer) (int64, error) {
	location, have, err := a.begun()
	if err != nil {
		return 0, err
	}
	if a.header.Get("Location") != "" {
		u.location = location
	}
	return min(max(have, u.offset), u.size), nil
}

// rewind continues at an offset.
func (u *upload) rewind(offset int64) {
	u.meter.add(offset - u.counted)
	u.offset, u.counted = offset, offset
}

// restart begins anew. It counts if something is lost thereby; else it is an attempt
// like any other.
func (u *upload) restart() error {
	if u.offset > 0 {
		u.restarts++
	}
	if u.restarts > maxRestarts {
		return permanent{u.failed}
	}
	u.location, u.resumed = nil, false
	u.rewind(0)
	return nil
}

// chunks sends the blob from the offset on.
func (u *upload) chunks(ctx context.Context) error {
	r, err := u.openAt(u.offset)
	if err != nil {
		return err
	}
	for err == nil && u.offset < u.size {
		n := min(u.chunk, u.size-u.offset)
		if _, ok := r.(*os.File); ok && n == u.size-u.offset && !u.meter.watched() {
			err = u.patchFile(ctx, n)
		} else {
			err = u.patchPart(ctx, r, n)
		}
	}
	return closing(err, r)
}

// openAt opens the blob at an offset, without reading what is before where that is
// possible.
func (u *upload) openAt(offset int64) (io.ReadCloser, error) {
	r, err := u.open()
	if err != nil {
		return nil, err
	}
	if s, ok := r.(io.Seeker); ok {
		_, err = s.Seek(offset, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, offset)
	}
	if err != nil {
		return nil, closing(err, r)
	}
	return r, nil
}

// patchFile sends the rest of a file as it is, so that the kernel can copy it.
func (u *upload) patchFile(ctx context.Context, n int64) error {
	r, err := u.openAt(u.offset)
	if err != nil {
		return err
	}
	if err := u.patch(ctx, r, n); err != nil {
		return err
	}
	u.counted += n
	u.meter.add(n)
	return nil
}

// patchPart sends the next bytes of a reader.
func (u *upload) patchPart(ctx context.Context, r io.Reader, n int64) error {
	body := &chunkBody{r: io.LimitReader(r, n), upload: u}
	err := u.patch(ctx, body, n)
	if body.end() != n && err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// patch sends one chunk. A blob of a single chunk needs no range.
func (u *upload) patch(ctx context.Context, body io.ReadCloser, n int64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, u.location.String(), body)
	if err != nil {
		return closing(err, body)
	}
	request.ContentLength = n
	request.Header.Set("Content-Type", "application/octet-stream")
	if n < u.size {
		request.Header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, u.offset+n-1))
	}
	a, err := u.roundTrip(request, http.StatusAccepted, http.StatusNoContent, http.StatusCreated)
	if err != nil {
		return err
	}
	u.offset += n
	u.location, _, err = a.begun()
	return err
}

// finish tells the digest that the registry checks.
func (u *upload) finish(ctx context.Context) error {
	to := *u.location
	query := to.Query()
	query.Set("digest", u.digest.String())
	to.RawQuery = query.Encode()
	_, err := u.do(ctx, http.MethodPut, &to, nil, nil, http.StatusCreated, http.StatusNoContent, http.StatusAccepted)
	return err
}

// chunkBody is the body of a request. Clients may read a body even after the
// answer is there; not this one.
type chunkBody struct {
	r      io.Reader
	upload *upload

	mu    sync.Mutex
	read  int64
	ended bool
}

// Read reads and counts.
func (b *chunkBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return 0, io.ErrClosedPipe
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	b.upload.counted += int64(n)
	b.upload.meter.add(int64(n))
	return n, err
}

// Close leaves the reader open: the next chunk follows.
func (b *chunkBody) Close() error { return nil }

// end returns how much was read. Nothing is read afterwards.
func (b *chunkBody) end() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	return b.read
}
