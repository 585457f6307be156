// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// manifest is what the registry reads from the manifest of an image or index.
type manifest struct {
	digest, mediaType, artifactType string
	// config is a digest, "" for an index.
	config string
	// layers are digests, without those that are kept elsewhere.
	layers []string
	// children are the digests that an index lists; subject is what an artifact
	// is about.
	children []string
	subject  string
	// platforms of an index.
	platforms   []string
	annotations map[string]string
	// size is the sum of the layers, compressed.
	size int64
}

// document has the fields of image manifests and of indexes.
type document struct {
	MediaType    types.MediaType   `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Config       *v1.Descriptor    `json:"config"`
	Layers       []v1.Descriptor   `json:"layers"`
	Manifests    []v1.Descriptor   `json:"manifests"`
	Subject      *v1.Descriptor    `json:"subject"`
	Annotations  map[string]string `json:"annotations"`
}

// parseManifest reads a manifest. mediaType is what the caller says it is; "" leaves
// it to the manifest.
func parseManifest(raw []byte, mediaType string) (manifest, error) {
	var d document
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&d); err != nil {
		return manifest{}, invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'")
	}
	if mediaType == "" {
		mediaType = string(d.mediaType())
	}
	if d.MediaType != "" && string(d.MediaType) != mediaType {
		return manifest{}, invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'manifest media type does not match'")
	}
	if t := types.MediaType(mediaType); !t.IsImage() && !t.IsIndex() {
		return manifest{}, invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'unsupported manifest media type %s'", mediaType)
	}
	return d.manifest(digestOf(raw), mediaType), nil
}

func (d document) mediaType() types.MediaType {
	switch {
	case d.MediaType != "":
		return d.MediaType
	case d.Manifests != nil:
		return types.OCIImageIndex
	default:
		return types.OCIManifestSchema1
	}
}

func (d document) manifest(digest, mediaType string) manifest {
	m := manifest{digest: digest, mediaType: mediaType, artifactType: d.ArtifactType, annotations: d.Annotations}
	if d.Config != nil {
		m.config = d.Config.Digest.String()
		if m.artifactType == "" {
			m.artifactType = string(d.Config.MediaType)
		}
	}
	if d.Subject != nil {
		m.subject = d.Subject.Digest.String()
	}
	for _, l := range d.Layers {
		m.size += l.Size
		if l.MediaType.IsDistributable() {
			m.layers = append(m.layers, l.Digest.String())
		}
	}
	for _, child := range d.Manifests {
		m.children = append(m.children, child.Digest.String())
		if child.Platform != nil && child.Platform.OS != "unknown" {
			m.platforms = append(m.platforms, platform(child.Platform.OS, child.Platform.Architecture, child.Platform.Variant))
		}
	}
	return m
}

func platform(os, arch, variant string) string {
	p := os + "/" + arch
	if variant != "" {
		p += "/" + variant
	}
	return p
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}
