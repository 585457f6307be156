// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

var privateHost = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$`)

// Pull looks an image up as a container runtime does. An AccessDeniedException
// means that the principal may not even ask for a token
// (ecr:GetAuthorizationToken); every other error is the runtime's own text.
//
// Images of other registries count as public: they exist, their digest follows
// from their name, and nothing more is known of them.
func (f *Fake) Pull(_, reference string, as sim.Principal) (world.Image, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return world.Image{}, fmt.Errorf("failed to parse reference %q: %w", reference, err)
	}
	host := privateHost.FindStringSubmatch(ref.Context().RegistryStr())
	if host == nil {
		return public(ref), nil
	}
	if as.ARN == "" {
		return world.Image{}, fmt.Errorf("failed to resolve ref %s: pull access denied, repository does not exist or "+
			"may require authorization: authorization failed: no basic auth credentials", reference)
	}
	if err := f.access.Authorize(as, sim.Access{Action: "ecr:GetAuthorizationToken", Resource: "*"}); err != nil {
		return world.Image{}, err
	}
	return f.private(f.registries.Of(host[1], host[2]), reference, ref, as)
}

// public invents a digest that stays the same for a name.
func public(ref name.Reference) world.Image {
	if rules.IsDigest(ref.Identifier()) {
		return world.Image{Digest: ref.Identifier()}
	}
	return world.Image{Digest: digestOf([]byte(ref.Name()))}
}

func (f *Fake) private(r *registry, reference string, ref name.Reference, as sim.Principal) (world.Image, error) {
	forbidden := fmt.Errorf("failed to resolve ref %s: pulling from host %s failed with status code [manifests %s]: 403 Forbidden",
		reference, r.host(), ref.Identifier())
	repository := ref.Context().RepositoryStr()
	if r.account != f.sim.Account() || f.allowed(r, as, "BatchGetImage", repository) != nil {
		return world.Image{}, forbidden
	}
	repo, ok := r.repos[repository]
	if !ok {
		return world.Image{}, fmt.Errorf("failed to resolve ref %s: %s: not found", reference, reference)
	}
	img, ok := repo.find((&request{ref: ref.Identifier()}).id())
	if !ok {
		return world.Image{}, fmt.Errorf("failed to resolve ref %s: %s: not found", reference, reference)
	}
	if f.allowed(r, as, "GetDownloadUrlForLayer", repository) != nil {
		return world.Image{}, fmt.Errorf("failed to copy: httpReadSeeker: failed open: unexpected status code "+
			"https://%s/v2/%s/blobs/%s: 403 Forbidden", r.host(), repository, img.config)
	}
	f.pulled(img)
	return r.describe(repo, img), nil
}

// describe says what an image is made for. An index says it itself, or through
// the images that it lists.
func (r *registry) describe(repo *repository, img *image) world.Image {
	w := world.Image{Digest: img.digest, Size: img.size, Platforms: img.platforms}
	if c, ok := r.config(img); ok {
		w.Platforms = []string{platform(c.OS, c.Architecture, c.Variant)}
		w.Entrypoint = slices.Concat(c.Config.Entrypoint, c.Config.Cmd)
	}
	if len(w.Platforms) > 0 {
		return w
	}
	for _, digest := range img.children {
		if child, ok := repo.images[digest]; ok {
			w.Platforms = append(w.Platforms, r.describe(repo, child).Platforms...)
		}
	}
	return w
}

// config reads the config of an image; artifacts have none with a platform.
func (r *registry) config(img *image) (v1.ConfigFile, bool) {
	var c v1.ConfigFile
	if img.config == "" || json.Unmarshal(r.blobs[img.config], &c) != nil || c.OS == "" || c.Architecture == "" {
		return c, false
	}
	return c, true
}
