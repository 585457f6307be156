// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// uploader sends blobs and manifests to one repository.
type uploader struct {
	target name.Repository
	client *http.Client
	meter  *meter
	// chunk is how many bytes of a blob one request carries at most.
	chunk int64
	// slots limits how many blobs are on their way at a time.
	slots chan struct{}
	// lenders are repositories of the same registry that may have blobs.
	lenders []string

	mu    sync.Mutex
	blobs map[v1.Hash]*once
}

// once is a blob that several images may share. It is given up if the image that
// sends it ends for another reason: then the next one sends it.
type once struct {
	done    chan struct{}
	err     error
	givenUp bool
}

// connect finds out how the registry wants to be spoken to.
func connect(ctx context.Context, target name.Repository, keychain authn.Keychain, base http.RoundTripper) (*uploader, error) {
	auth, err := authn.Resolve(ctx, keychain, target)
	if err != nil {
		return nil, err
	}
	base = transport.NewUserAgent(base, "slipway")
	var rt http.RoundTripper
	err = persist(ctx, nil, func() error {
		rt, err = transport.NewWithContext(ctx, target.Registry, auth, base, []string{target.Scope(transport.PushScope)})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &uploader{target: target, client: &http.Client{Transport: rt}, blobs: map[v1.Hash]*once{}}, nil
}

// url is that of something in the repository.
func (u *uploader) url(path string) *url.URL {
	return &url.URL{Scheme: u.target.Scheme(), Host: u.target.RegistryStr(), Path: "/v2/" + u.target.RepositoryStr() + path}
}

// answer is what is of interest in a response.
type answer struct {
	status int
	header http.Header
	// from is where the response came from.
	from *url.URL
}

// do sends a request without a body, or with a short one, and takes the statuses
// for an answer.
func (u *uploader) do(ctx context.Context, method string, to *url.URL, body []byte, header http.Header, statuses ...int) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		r.Header = header
	}
	return u.roundTrip(r, statuses...)
}

// roundTrip sends a request and reads the response to its end.
func (u *uploader) roundTrip(r *http.Request, statuses ...int) (answer, error) {
	response, err := u.client.Do(r) //nolint:gosec // where a registry's own answers lead
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if err := transport.CheckError(response, statuses...); err != nil {
		return answer{}, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return answer{status: response.StatusCode, header: response.Header, from: response.Request.URL}, err
}

// has reports whether the repository has a blob.
func (u *uploader) has(ctx context.Context, digest v1.Hash) (bool, error) {
	found := false
	err := persist(ctx, nil, func() error {
		a, err := u.do(ctx, http.MethodHead, u.url("/blobs/"+digest.String()), nil, nil, http.StatusOK, http.StatusNotFound)
		found = err == nil && a.status == http.StatusOK
		return err
	})
	return found, err
}

// manifestTypes are what a registry may answer with.
var manifestTypes = strings.Join([]string{
	string(types.OCIManifestSchema1), string(types.OCIImageIndex), string(types.DockerManifestSchema2), string(types.DockerManifestList),
}, ",")

// find returns the digest of the manifest that a tag or digest names, or "". A
// principal who may push but not pull is not told.
func (u *uploader) find(ctx context.Context, ref string) (digest string, err error) {
	err = persist(ctx, nil, func() error {
		a, err := u.do(ctx, http.MethodHead, u.url("/manifests/"+ref), nil, http.Header{"Accept": {manifestTypes}},
			http.StatusOK, http.StatusNotFound, http.StatusForbidden)
		if err == nil && a.status == http.StatusOK {
			digest = a.header.Get("Docker-Content-Digest")
		}
		return err
	})
	return digest, err
}

// put writes a manifest under a tag or its digest.
func (u *uploader) put(ctx context.Context, ref string, manifest []byte, mediaType types.MediaType) error {
	return persist(ctx, nil, func() error {
		_, err := u.do(ctx, http.MethodPut, u.url("/manifests/"+ref), manifest, http.Header{"Content-Type": {string(mediaType)}},
			http.StatusCreated, http.StatusOK, http.StatusAccepted)
		return err
	})
}

// blob sends a blob, unless the repository has it or it is on its way.
func (u *uploader) blob(ctx context.Context, b blob) error {
	for {
		o, mine := u.claim(b.digest)
		if mine {
			o.err = u.send(ctx, b)
			u.release(b.digest, o, o.err != nil && ctx.Err() != nil)
			return o.err
		}
		select {
		case <-o.done:
			if !o.givenUp {
				return o.err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// claim returns a blob's state, and whether the caller is to send it.
func (u *uploader) claim(digest v1.Hash) (o *once, mine bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if o, ok := u.blobs[digest]; ok {
		return o, false
	}
	o = &once{done: make(chan struct{})}
	u.blobs[digest] = o
	return o, true
}

// release tells those who wait for a blob.
func (u *uploader) release(digest v1.Hash, o *once, givenUp bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if o.givenUp = givenUp; givenUp {
		delete(u.blobs, digest)
	}
	close(o.done)
}

func (u *uploader) send(ctx context.Context, b blob) error {
	select {
	case u.slots <- struct{}{}:
		defer func() { <-u.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	found, err := u.has(ctx, b.digest)
	if err != nil {
		return err
	}
	begun := (*url.URL)(nil)
	if !found {
		found, begun = u.mount(ctx, b)
	}
	if found {
		u.meter.add(b.size)
		return nil
	}
	return (&upload{uploader: u, blob: b, location: begun}).run(ctx)
}

// mount has the registry take the blob from another repository. If it does not, it
// has begun an upload instead.
func (u *uploader) mount(ctx context.Context, b blob) (done bool, begun *url.URL) {
	for _, from := range append(slices.Clip(b.lenders), u.lenders...) {
		to := u.url("/blobs/uploads/")
		to.RawQuery = url.Values{"mount": {b.digest.String()}, "from": {from}}.Encode()
		a, err := u.do(ctx, http.MethodPost, to, nil, nil, http.StatusCreated, http.StatusAccepted)
		if err != nil {
			continue // the upload that follows fails, too, if it must
		}
		if a.status == http.StatusCreated {
			return true, nil
		}
		if location, _, err := a.begun(); err == nil {
			begun = location
		}
	}
	return false, begun
}

// begun reads where an upload goes on, and how many bytes the registry says it has.
func (a answer) begun() (location *url.URL, have int64, err error) {
	location, err = a.from.Parse(a.header.Get("Location"))
	if err != nil {
		return nil, 0, fmt.Errorf("upload location: %w", err)
	}
	_, last, ok := strings.Cut(a.header.Get("Range"), "-")
	if n, err := strconv.ParseInt(last, 10, 64); ok && err == nil && n > 0 {
		have = n + 1
	}
	return location, have, nil
}
