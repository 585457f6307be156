// SPDX-License-Identifier: Apache-2.0

package ecr

import "slices"

// Image is an image, or an index of images, in a repository. It can be given to
// whatever runs containers.
type Image struct {
	uri, digest string
	tags        []string
	platforms   []string
}

// ImageReference returns the reference pinned by digest, such as
// "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:...".
func (i Image) ImageReference() string { return i.uri + "@" + i.digest }

// ImagePlatforms returns what the image can run on, such as "linux/amd64" or
// "linux/arm64/v8"; nil when it does not say.
func (i Image) ImagePlatforms() []string { return slices.Clone(i.platforms) }

// Digest returns the digest of the manifest, "sha256:" and 64 hex digits.
func (i Image) Digest() string { return i.digest }

// Tags returns the tags that the push gave to the image.
func (i Image) Tags() []string { return slices.Clone(i.tags) }

// RepositoryURI returns what the reference begins with.
func (i Image) RepositoryURI() string { return i.uri }

// String returns the reference.
func (i Image) String() string { return i.ImageReference() }
