// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/v1/types"

	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

// id is what the path names: a digest, or a tag.
func (r *request) id() ecrtypes.ImageIdentifier {
	if rules.IsDigest(r.ref) {
		return ecrtypes.ImageIdentifier{ImageDigest: &r.ref}
	}
	return ecrtypes.ImageIdentifier{ImageTag: &r.ref}
}

func notThere() *failure {
	return failed(http.StatusNotFound, codeManifestUnknown, "Requested image not found")
}

func (r *request) getManifest(w http.ResponseWriter) *failure {
	var img *image
	f := r.do("BatchGetImage", func(_ *registry, repo *repository) *failure {
		var ok bool
		if img, ok = repo.find(r.id()); !ok {
			return notThere()
		}
		if r.Method == http.MethodGet {
			r.fake.pulled(img)
		}
		return nil
	})
	if f != nil {
		return f
	}
	w.Header().Set("Content-Type", img.mediaType)
	w.Header().Set("Docker-Content-Digest", img.digest)
	w.Header().Set("Content-Length", strconv.Itoa(len(img.raw)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		// A client that is gone reads no error.
		_, _ = w.Write(img.raw)
	}
	return nil
}

// maxManifest is how large a manifest may be, in bytes.
const maxManifest = 4 << 20

func (r *request) putManifest(w http.ResponseWriter) *failure {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxManifest+1))
	if err != nil || len(raw) > maxManifest {
		return failed(http.StatusRequestEntityTooLarge, codeManifestInvalid, "the manifest is larger than %d bytes", maxManifest)
	}
	p := pushed{raw: raw, mediaType: r.Header.Get("Content-Type")}
	switch {
	case rules.IsDigest(r.ref):
		p.digest = r.ref
	case rules.IsTag(r.ref):
		p.tag = r.ref
	default:
		return failed(http.StatusBadRequest, codeTagInvalid, "the tag %q is not valid", r.ref)
	}
	var img *image
	f := r.do("PutImage", func(reg *registry, repo *repository) *failure {
		var err error
		img, err = r.fake.put(reg, repo, p)
		return translate(err)
	})
	if f != nil {
		return f
	}
	if img.subject != "" {
		w.Header().Set("Oci-Subject", img.subject)
	}
	w.Header().Set("Location", "/v2/"+r.repo+"/manifests/"+img.digest)
	w.Header().Set("Docker-Content-Digest", img.digest)
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (r *request) deleteManifest(w http.ResponseWriter) *failure {
	f := r.do("BatchDeleteImage", func(reg *registry, repo *repository) *failure {
		_, refused := repo.take(r.id())
		if refused == nil {
			repo.release(reg)
			return nil
		}
		if refused.FailureCode == ecrtypes.ImageFailureCodeImageNotFound {
			return notThere()
		}
		return failed(http.StatusMethodNotAllowed, codeUnsupported, "%s", *refused.FailureReason)
	})
	if f == nil {
		w.WriteHeader(http.StatusAccepted)
	}
	return f
}

func (r *request) listTags(w http.ResponseWriter) *failure {
	tags := []string{}
	f := r.do("ListImages", func(_ *registry, repo *repository) *failure {
		tags = append(tags, slices.Sorted(maps.Keys(repo.tagged))...)
		return nil
	})
	if f != nil {
		return f
	}
	query := r.URL.Query()
	if last := query.Get("last"); last != "" {
		tags = slices.DeleteFunc(tags, func(tag string) bool { return tag <= last })
	}
	if n, err := strconv.Atoi(query.Get("n")); err == nil && n > 0 && n < len(tags) {
		tags = tags[:n]
		w.Header().Set("Link", "</v2/"+r.repo+"/tags/list?n="+strconv.Itoa(n)+"&last="+tags[n-1]+`>; rel="next"`)
	}
	return writeJSON(w, "application/json", map[string]any{"name": r.repo, "tags": tags})
}

func (r *request) listReferrers(w http.ResponseWriter) *failure {
	descriptors := []map[string]any{}
	artifactTypes := r.URL.Query()["artifactType"]
	f := r.do("ListImageReferrers", func(_ *registry, repo *repository) *failure {
		for _, img := range repo.referrers(r.ref, artifactTypes...) {
			descriptors = append(descriptors, map[string]any{
				"mediaType": img.mediaType, "digest": img.digest, "size": len(img.raw),
				"artifactType": img.artifactType, "annotations": img.annotations,
			})
		}
		return nil
	})
	if f != nil {
		return f
	}
	if len(artifactTypes) > 0 {
		w.Header().Set("Oci-Filters-Applied", "artifactType")
	}
	return writeJSON(w, string(types.OCIImageIndex), map[string]any{
		"schemaVersion": 2, "mediaType": types.OCIImageIndex, "manifests": descriptors, //nolint:mnd // the version of the format
	})
}

func writeJSON(w http.ResponseWriter, mediaType string, v any) *failure {
	body, err := json.Marshal(v)
	if err != nil {
		return translate(err)
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(http.StatusOK)
	// A client that is gone reads no error.
	_, _ = w.Write(body)
	return nil
}
