// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"maps"
	"slices"
	"time"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// registry is the private registry of one account in one region.
type registry struct {
	account, region string
	repos           map[string]*repository
	// blobs has the bytes of layers and configs by digest. Repositories say which
	// of them are theirs.
	blobs    map[string][]byte
	uploads  map[string]*upload
	scanning ecrtypes.RegistryScanningConfiguration
	settings map[string]string
}

func newRegistry(account, region string) *registry {
	return &registry{
		account: account, region: region,
		repos: map[string]*repository{}, blobs: map[string][]byte{}, uploads: map[string]*upload{},
		scanning: ecrtypes.RegistryScanningConfiguration{ScanType: ecrtypes.ScanTypeBasic},
		settings: map[string]string{},
	}
}

// host is the name under which the registry serves.
func (r *registry) host() string {
	suffix := "amazonaws.com"
	if sim.Partition(r.region) == "aws-cn" {
		suffix += ".cn"
	}
	return r.account + ".dkr.ecr." + r.region + "." + suffix
}

// arn is that of a repository, whether it exists or not.
func (r *registry) arn(name string) string {
	return "arn:" + sim.Partition(r.region) + ":ecr:" + r.region + ":" + r.account + ":repository/" + name
}

// repository finds a repository; id is the registry that the caller named, if any.
func (r *registry) repository(id *string, name *string) (*repository, error) {
	owner := r.account
	if id != nil && *id != "" {
		owner = *id
	}
	if repo, ok := r.repos[deref(name)]; ok && owner == r.account {
		return repo, nil
	}
	return nil, repositoryNotFound(deref(name), owner)
}

// sorted returns the repositories by name.
func (r *registry) sorted() []*repository {
	var all []*repository
	for _, name := range slices.Sorted(maps.Keys(r.repos)) {
		all = append(all, r.repos[name])
	}
	return all
}

// repository is one private repository.
type repository struct {
	ecrtypes.Repository
	tags              map[string]string
	policy, lifecycle string
	evaluated         *time.Time
	preview           *preview
	images            map[string]*image // by digest
	tagged            map[string]string // digest by tag
	layers            map[string]bool   // digests
}

// image is one manifest with its tags left out: those belong to the repository.
type image struct {
	manifest
	raw    []byte
	pushed time.Time
	pulled *time.Time
	scan   *scan
	// order tells images of the same instant apart.
	order int
}

// find returns the image that the id names. A digest and a tag must agree.
func (r *repository) find(id ecrtypes.ImageIdentifier) (*image, bool) {
	digest := deref(id.ImageDigest)
	if tag := deref(id.ImageTag); tag != "" {
		of, ok := r.tagged[tag]
		if !ok || digest != "" && digest != of {
			return nil, false
		}
		digest = of
	}
	img, ok := r.images[digest]
	return img, ok
}

// tagsOf returns the tags of an image, sorted.
func (r *repository) tagsOf(digest string) []string {
	var tags []string
	for tag, of := range r.tagged {
		if of == digest {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// sortedImages returns the images, oldest first.
func (r *repository) sortedImages() []*image {
	return slices.SortedFunc(maps.Values(r.images), func(a, b *image) int { return a.order - b.order })
}

// remove takes an image with its tags away, and what refers to it as its subject.
func (r *repository) remove(digest string) {
	delete(r.images, digest)
	maps.DeleteFunc(r.tagged, func(_, of string) bool { return of == digest })
	for _, other := range r.sortedImages() {
		if other.subject == digest {
			r.remove(other.digest)
		}
	}
}

// listing returns the digest of an index that lists the image, or "".
func (r *repository) listing(digest string) string {
	for _, other := range r.sortedImages() {
		if slices.Contains(other.children, digest) {
			return other.digest
		}
	}
	return ""
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
