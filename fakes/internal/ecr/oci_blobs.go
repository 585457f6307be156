// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
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

// mount makes a blob of another repository one of this one, if the caller may
// read it there.
func (r *request) mount(digest, from string) bool {
	source := *r
	source.repo, source.ref = from, digest
	if _, f := source.blob("GetDownloadUrlForLayer"); f != nil {
		return false
	}
	return nil == r.do("InitiateLayerUpload", func(_ *registry, repo *repository) *failure {
		repo.layers[digest] = true
		return nil
	})
}

// receive streams the body into the upload, outside the lock.
func (r *request) receive() (*upload, *failure) {
	var u *upload
	f := r.do("UploadLayerPart", func(reg *registry, _ *repository) *failure {
		var err error
		if u, err = reg.upload(&r.ref, &r.repo); err != nil {
			return translate(err)
		}
		u.busy = true
		return nil
	})
	if f != nil {
		return nil, f
	}
	defer r.fake.sim.Do(func() { u.busy = false })
	if !follows(r.Header.Get("Content-Range"), u.body.Len()) {
		return nil, failed(http.StatusRequestedRangeNotSatisfiable, codeUploadInvalid, "the chunk does not begin where the last one ended")
	}
	if r.ContentLength > 0 {
		u.body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := io.Copy(&u.body, r.Body); err != nil {
		return nil, failed(http.StatusBadRequest, codeUploadInvalid, "%s", err)
	}
	return u, nil
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
	r.accepted(w, u.id, u.body.Len())
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
	if got := digestOf(u.body.Bytes()); got != digest {
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
