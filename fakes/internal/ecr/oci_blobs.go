// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// blob looks up a layer or config of the repository. A ticket, from a download
// URL, stands for the permission.
func (r *request) blob(action string) (content []byte, f *failure) {
	find := func(reg *registry, repo *repository) *failure {
		if !repo.layers[r.ref] {
			return failed(http.StatusNotFound, codeBlobUnknown, "blob unknown to registry")
		}
		content = reg.blobs[r.ref]
		return nil
	}
	ticket := r.URL.Query().Get(ticketParam)
	if ticket == "" {
		return content, r.do(action, find)
	}
	r.fake.sim.Do(func() {
		reg := r.registry()
		if ticket != reg.ticket(r.repo, r.ref) {
			f = denied("Request has expired")
			return
		}
		f = r.as(reg.owner(), action, find)
	})
	return content, f
}

func (r *request) getBlob(w http.ResponseWriter) *failure {
	content, f := r.blob("GetDownloadUrlForLayer")
	if f != nil {
		return f
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", r.ref)
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(content))
	return nil
}

func (r *request) headBlob(w http.ResponseWriter) *failure {
	content, f := r.blob("BatchCheckLayerAvailability")
	if f != nil {
		return f
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", r.ref)
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(http.StatusOK)
	return nil
}

// beginUpload opens an upload, mounts a blob of another repository, or takes a
// whole blob at once.
func (r *request) beginUpload(w http.ResponseWriter) *failure {
	query := r.URL.Query()
	if digest := query.Get("mount"); digest != "" && query.Get("from") != "" && r.mount(digest, query.Get("from")) {
		r.created(w, digest)
		return nil
	}
	var u *upload
	if f := r.do("InitiateLayerUpload", func(reg *registry, _ *repository) *failure {
		u = r.fake.begin(reg, r.repo)
		return nil
	}); f != nil {
		return f
	}
	if digest := query.Get("digest"); digest != "" {
		r.ref = u.id
		return r.finish(w, digest)
	}
	r.accepted(w, u.id, 0)
	return nil
}

// mount makes a blob of another repository one of this one, if the registry's
// settings have it and the caller may read it there.
func (r *request) mount(digest, from string) bool {
	lent := false
	lend := func(reg *registry, repo *repository) *failure {
		source, ok := reg.repos[from]
		if lent = ok && source.layers[digest] && reg.lends(source, repo); lent {
			repo.layers[digest] = true
		}
		return nil
	}
	source := *r
	source.repo = from
	f := source.do("GetDownloadUrlForLayer", func(*registry, *repository) *failure { return nil })
	return f == nil && r.do("InitiateLayerUpload", lend) == nil && lent
}

// receiveBuffer is how many bytes are taken from a connection at a time.
const receiveBuffer = 256 << 10

// receive streams the body into the upload. What has come before a connection is
// cut stays.
func (r *request) receive() (u *upload, f *failure) {
	turn := 0
	f = r.do("UploadLayerPart", func(reg *registry, _ *repository) *failure {
		var err error
		if u, err = reg.upload(&r.ref, &r.repo); err != nil {
			return translate(err)
		}
		if !follows(r.Header.Get("Content-Range"), u.body.Len()) {
			return failed(http.StatusRequestedRangeNotSatisfiable, codeUploadInvalid, "the chunk does not begin where the last one ended")
		}
		if r.ContentLength > 0 {
			u.body.Grow(int(r.ContentLength) + bytes.MinRead)
		}
		u.turn++
		turn = u.turn
		return nil
	})
	if f != nil {
		return nil, f
	}
	buffer := make([]byte, min(max(r.ContentLength, bytes.MinRead), receiveBuffer))
	for {
		n, err := r.Body.Read(buffer)
		if f := r.append(u, turn, buffer[:n]); f != nil {
			return nil, f
		}
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return nil, failed(http.StatusBadRequest, codeUploadInvalid, "%s", err)
		}
	}
}

// append adds bytes to an upload, unless another request has taken over.
func (r *request) append(u *upload, turn int, b []byte) (f *failure) {
	r.fake.sim.Do(func() {
		if u.turn != turn {
			f = failed(http.StatusRequestedRangeNotSatisfiable, codeUploadInvalid, "another request has gone on with the upload")
			return
		}
		u.body.Write(b)
	})
	return f
}

// follows reports whether a Content-Range, if there is one, begins where the
// upload has come to.
func follows(contentRange string, have int) bool {
	if contentRange == "" {
		return true
	}
	start, _, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes="), "-")
	n, err := strconv.Atoi(start)
	return err == nil && n == have
}

func (r *request) patchUpload(w http.ResponseWriter) *failure {
	u, f := r.receive()
	if f != nil {
		return f
	}
	size := 0
	r.fake.sim.Do(func() { size = u.body.Len() })
	r.accepted(w, u.id, size)
	return nil
}

func (r *request) putUpload(w http.ResponseWriter) *failure {
	return r.finish(w, r.URL.Query().Get("digest"))
}

// finish takes what is left of a blob and checks its digest.
func (r *request) finish(w http.ResponseWriter, digest string) *failure {
	u, f := r.receive()
	if f != nil {
		return f
	}
	var body []byte
	r.fake.sim.Do(func() { body = u.body.Bytes() })
	if got := digestOf(body); got != digest {
		return failed(http.StatusBadRequest, codeDigestInvalid, "The layer's digest '%s' does not match '%s'", got, digest)
	}
	f = r.do("CompleteLayerUpload", func(reg *registry, repo *repository) *failure {
		reg.store(repo, u, digest)
		return nil
	})
	if f == nil {
		r.created(w, digest)
	}
	return f
}

func (r *request) uploadStatus(w http.ResponseWriter) *failure {
	size := 0
	f := r.do("UploadLayerPart", func(reg *registry, _ *repository) *failure {
		u, err := reg.upload(&r.ref, &r.repo)
		if err == nil {
			size = u.body.Len()
		}
		return translate(err)
	})
	if f == nil {
		r.progress(w, r.ref, size)
		w.WriteHeader(http.StatusNoContent)
	}
	return f
}

func (r *request) cancelUpload(w http.ResponseWriter) *failure {
	f := r.do("UploadLayerPart", func(reg *registry, _ *repository) *failure {
		_, err := reg.upload(&r.ref, &r.repo)
		if err == nil {
			delete(reg.uploads, r.ref)
		}
		return translate(err)
	})
	if f == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return f
}

func (r *request) progress(w http.ResponseWriter, id string, have int) {
	w.Header().Set("Location", "/v2/"+r.repo+"/blobs/uploads/"+id)
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, have-1)))
	w.Header().Set("Docker-Upload-Uuid", id)
}

func (r *request) accepted(w http.ResponseWriter, id string, have int) {
	r.progress(w, id, have)
	w.WriteHeader(http.StatusAccepted)
}

func (r *request) created(w http.ResponseWriter, digest string) {
	w.Header().Set("Location", "/v2/"+r.repo+"/blobs/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
}
