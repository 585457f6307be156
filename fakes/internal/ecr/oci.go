// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"net/http"
	"regexp"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// endpoint serves one registry.
type endpoint struct {
	fake   *Fake
	region string
}

// Registry serves the OCI distribution protocol for the registry of a region.
//
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
func (f *Fake) Registry(region string) http.Handler { return endpoint{fake: f, region: region} }

// request is one HTTP request with what its path names.
type request struct {
	*http.Request
	endpoint
	repo, ref string
}

// routes of the protocol; a repository's name may have slashes.
var routes = []struct {
	path   *regexp.Regexp
	method string
	serve  func(*request, http.ResponseWriter) *failure
}{
	{regexp.MustCompile(`^/v2/(.+)/blobs/(sha256:[a-f0-9]{64})$`), http.MethodGet, (*request).getBlob},
	{regexp.MustCompile(`^/v2/(.+)/blobs/(sha256:[a-f0-9]{64})$`), http.MethodHead, (*request).headBlob},
	{regexp.MustCompile(`^/v2/(.+)/blobs/uploads/?()$`), http.MethodPost, (*request).beginUpload},
	{regexp.MustCompile(`^/v2/(.+)/blobs/uploads/([^/]+)$`), http.MethodPatch, (*request).patchUpload},
	{regexp.MustCompile(`^/v2/(.+)/blobs/uploads/([^/]+)$`), http.MethodPut, (*request).putUpload},
	{regexp.MustCompile(`^/v2/(.+)/blobs/uploads/([^/]+)$`), http.MethodGet, (*request).uploadStatus},
	{regexp.MustCompile(`^/v2/(.+)/blobs/uploads/([^/]+)$`), http.MethodDelete, (*request).cancelUpload},
	{regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`), http.MethodGet, (*request).getManifest},
	{regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`), http.MethodHead, (*request).getManifest},
	{regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`), http.MethodPut, (*request).putManifest},
	{regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`), http.MethodDelete, (*request).deleteManifest},
	{regexp.MustCompile(`^/v2/(.+)/tags/list()$`), http.MethodGet, (*request).listTags},
	{regexp.MustCompile(`^/v2/(.+)/referrers/(sha256:[a-f0-9]{64})$`), http.MethodGet, (*request).listReferrers},
}

// ServeHTTP answers one request of a registry client.
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if f := e.route(w, r); f != nil {
		f.write(w, e.host())
	}
}

func (e endpoint) host() (host string) {
	e.fake.sim.Do(func() { host = e.registry().host() })
	return host
}

// registry is to be called under the lock.
func (e endpoint) registry() *registry {
	return e.fake.registries.Of(e.fake.sim.Account(), e.region)
}

func (e endpoint) route(w http.ResponseWriter, r *http.Request) *failure {
	if r.URL.Path == "/v2/" || r.URL.Path == "/v2" {
		return e.ping(w, r)
	}
	known := false
	for _, route := range routes {
		m := route.path.FindStringSubmatch(r.URL.Path)
		if m == nil {
			continue
		}
		known = true
		if route.method == r.Method {
			return route.serve(&request{Request: r, endpoint: e, repo: m[1], ref: m[2]}, w)
		}
	}
	if known {
		return failed(http.StatusMethodNotAllowed, codeUnsupported, "The operation is unsupported.")
	}
	return failed(http.StatusNotFound, codeUnsupported, "404 page not found")
}

// ping is how clients learn that they must authenticate.
func (e endpoint) ping(w http.ResponseWriter, r *http.Request) *failure {
	var f *failure
	e.fake.sim.Do(func() { _, f = e.fake.authenticate(r) })
	if f == nil {
		w.WriteHeader(http.StatusOK)
	}
	return f
}

// do authenticates, asks for the permission to do action and runs act on the
// repository, all under the lock.
func (r *request) do(action string, act func(reg *registry, repo *repository) *failure) (f *failure) {
	r.fake.sim.Do(func() {
		var p sim.Principal
		if p, f = r.fake.authenticate(r.Request); f != nil {
			return
		}
		f = r.as(p, action, act)
	})
	return f
}

// as is [request.do] for a principal who is known.
func (r *request) as(p sim.Principal, action string, act func(reg *registry, repo *repository) *failure) *failure {
	reg := r.registry()
	repo, missing := reg.repository(nil, &r.repo)
	if err := r.fake.allowed(reg, p, action, r.repo); err != nil {
		return translate(err)
	}
	if missing != nil {
		return translate(missing)
	}
	return act(reg, repo)
}
