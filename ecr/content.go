// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// content is an image or an index, just one of them.
type content struct {
	image v1.Image
	index v1.ImageIndex
}

// manifest is what describes an image or index.
type manifest struct {
	raw       []byte
	mediaType types.MediaType
}

func (c content) manifest() (manifest, error) {
	var of interface {
		RawManifest() ([]byte, error)
		MediaType() (types.MediaType, error)
	} = c.index
	if c.image != nil {
		of = c.image
	}
	raw, err := of.RawManifest()
	if err != nil {
		return manifest{}, err
	}
	mediaType, err := of.MediaType()
	return manifest{raw: raw, mediaType: mediaType}, err
}

// config opens the config of an image; one from a registry is fetched but once.
func (c content) config() (io.ReadCloser, error) {
	raw, err := c.image.RawConfigFile()
	return io.NopCloser(bytes.NewReader(raw)), err
}

func (c content) digest() (v1.Hash, error) {
	if c.image != nil {
		return c.image.Digest()
	}
	return c.index.Digest()
}

// platforms returns what the image, or the images of the index, can run on.
func (c content) platforms() ([]string, error) {
	if c.image != nil {
		return imagePlatform(c.image)
	}
	m, err := c.index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, d := range m.Manifests {
		one, err := c.platformsOf(d)
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// platformsOf returns the platform that an index gives for a child; if it gives
// none, the child tells. What is for an unknown platform is no image to run.
func (c content) platformsOf(d v1.Descriptor) ([]string, error) {
	switch {
	case d.Platform == nil:
		child, err := c.child(d)
		if err != nil {
			return nil, err
		}
		return child.platforms()
	case d.Platform.OS == "unknown":
		return nil, nil
	default:
		return []string{platform(d.Platform.OS, d.Platform.Architecture, d.Platform.Variant)}, nil
	}
}

// imagePlatform reads the config; that of an artifact says nothing.
func imagePlatform(image v1.Image) ([]string, error) {
	m, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	if !m.Config.MediaType.IsConfig() {
		return nil, nil
	}
	config, err := image.ConfigFile()
	if err != nil || config.OS == "" || config.Architecture == "" {
		return nil, err
	}
	return []string{platform(config.OS, config.Architecture, config.Variant)}, nil
}

func platform(os, arch, variant string) string {
	return strings.TrimSuffix(os+"/"+arch+"/"+variant, "/")
}

// size is how many bytes the blobs have together, each counted once, without those
// that are to be kept elsewhere.
func (c content) size() (int64, error) {
	blobs := map[v1.Hash]int64{}
	err := c.blobs(blobs)
	var total int64
	for _, size := range blobs {
		total += size
	}
	return total, err
}

func (c content) blobs(into map[v1.Hash]int64) error {
	if c.image != nil {
		m, err := c.image.Manifest()
		if err != nil {
			return err
		}
		for _, d := range append(slices.Clip(m.Layers), m.Config) {
			if d.MediaType.IsDistributable() {
				into[d.Digest] = d.Size
			}
		}
		return nil
	}
	m, err := c.index.IndexManifest()
	if err != nil {
		return err
	}
	for _, d := range m.Manifests {
		child, err := c.child(d)
		if err != nil {
			return err
		}
		if err := child.blobs(into); err != nil {
			return err
		}
	}
	return nil
}

// child returns what a descriptor of the index points to.
func (c content) child(d v1.Descriptor) (content, error) {
	if d.MediaType.IsIndex() {
		index, err := c.index.ImageIndex(d.Digest)
		return content{index: index}, err
	}
	image, err := c.index.Image(d.Digest)
	return content{image: image}, err
}
