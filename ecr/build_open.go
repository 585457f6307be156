// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// epoch is the time of everything that a build makes.
func epoch() time.Time { return time.Unix(0, 0).UTC() }

// PlatformError says that a base has no image for a platform, or that a binary is
// built for another one.
type PlatformError struct {
	// What has the wrong platform, such as "base" or "binary ./app".
	What string
	// Want is the platform that is asked for, Have those that there are.
	Want string
	Have []string
}

// Error says what is not for which platform.
func (e *PlatformError) Error() string {
	return fmt.Sprintf("%s: not for %s, but for %s", e.What, e.Want, strings.Join(e.Have, ", "))
}

// variant is an image of a build: for one platform.
type variant struct {
	platform string
	base     v1.Image
	// binary is the index of the platform's binary, if there are any.
	binary int
}

func (b Build) open(ctx context.Context, s *spool) (content, error) {
	if b.base == nil {
		return content{}, errors.New("build: no base; Scratch is the empty one")
	}
	if len(b.binaries)+len(b.directories) == 0 {
		return content{}, errors.New("build: neither a binary nor a directory is there to be laid on the base")
	}
	base, err := b.base.open(ctx, s)
	if err != nil {
		return content{}, fmt.Errorf("build: base: %w", err)
	}
	c, err := b.on(ctx, s, base)
	if err != nil {
		return content{}, fmt.Errorf("build: %w", err)
	}
	return c, nil
}

// on makes the image on an open base.
func (b Build) on(ctx context.Context, s *spool, base content) (content, error) {
	variants, err := b.variants(base)
	if err != nil {
		return content{}, err
	}
	own, err := s.tars(ctx, len(b.binaries), func(i int) func(*tar.Writer) error { return b.binaries[i].write })
	if err != nil {
		return content{}, err
	}
	shared, err := s.tars(ctx, len(b.directories), func(i int) func(*tar.Writer) error { return b.directories[i].write })
	if err != nil {
		return content{}, err
	}
	images := make([]v1.Image, len(variants))
	for i, v := range variants {
		layers := shared
		if len(own) > 0 {
			layers = append([]*spooled{own[v.binary]}, shared...)
		}
		if images[i], err = b.image(v, layers); err != nil {
			return content{}, err
		}
	}
	return assembled(variants, images)
}

// variants finds the platforms and the base of each, in order.
func (b Build) variants(base content) ([]variant, error) {
	have, err := base.platforms()
	if err != nil {
		return nil, fmt.Errorf("base: %w", err)
	}
	platforms, err := b.targets(have)
	if err != nil {
		return nil, err
	}
	var variants []variant
	for i, p := range platforms {
		image, err := base.imageFor(p, have)
		if err != nil {
			return nil, err
		}
		variants = append(variants, variant{platform: p, base: image, binary: i})
	}
	slices.SortFunc(variants, func(a, b variant) int { return strings.Compare(a.platform, b.platform) })
	for i := range variants[1:] {
		if variants[i].platform == variants[i+1].platform {
			return nil, fmt.Errorf("platform %s is there twice", variants[i].platform)
		}
	}
	return variants, nil
}

// targets returns the platforms to build for: those of the binaries, or those that
// are asked for, or those of the base.
func (b Build) targets(base []string) ([]string, error) {
	if len(b.binaries) > 0 {
		return b.built()
	}
	if len(b.platforms) == 0 {
		if len(base) == 0 {
			return nil, errors.New("the base is for no platform: say which with WithPlatform")
		}
		return base, nil
	}
	for _, p := range b.platforms {
		if len(strings.Split(p, "/")) < 2 { //nolint:mnd // os and architecture
			return nil, fmt.Errorf("platform %q is not like linux/arm64", p)
		}
	}
	return b.platforms, nil
}

// built returns the platforms of the binaries.
func (b Build) built() ([]string, error) {
	if len(b.platforms) > 0 {
		return nil, errors.New("the binaries say for what platforms the image is; WithPlatform is for directories alone")
	}
	if err := b.targeted(); err != nil {
		return nil, err
	}
	_, alone := b.base.(scratch)
	platforms := make([]string, len(b.binaries))
	for i, binary := range b.binaries {
		var err error
		if platforms[i], err = binary.platform(alone); err != nil {
			return nil, err
		}
	}
	return platforms, nil
}

// targeted checks where the binaries are in the image.
func (b Build) targeted() error {
	for _, binary := range b.binaries {
		if binary.target() == "/" {
			return fmt.Errorf("binary %s: its target %q is no file", binary.Path, binary.Target)
		}
	}
	return nil
}

// imageFor returns the image of a platform. have are the platforms of all.
func (c content) imageFor(p string, have []string) (v1.Image, error) {
	refuse := &PlatformError{What: "base", Want: p, Have: have}
	if c.image != nil {
		if len(have) > 0 && !fits(have[0], p) {
			return nil, refuse
		}
		return c.image, nil
	}
	m, err := c.index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, good := range []func(have, want string) bool{same, fits} {
		for _, d := range m.Manifests {
			of, err := c.platformsOf(d)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(of, func(one string) bool { return good(one, p) }) {
				child, err := c.child(d)
				if err != nil {
					return nil, err
				}
				return child.imageFor(p, of)
			}
		}
	}
	return nil, refuse
}

// same is what is looked for first: an image for a newer processor would fit, too.
func same(have, want string) bool { return have == want }

// fits reports whether what is for a platform will do for another one. A variant
// must only agree if it is asked for; arm64 has just one.
func fits(have, want string) bool {
	const arm, v8 = "linux/arm64", "linux/arm64/v8"
	return have == want || strings.HasPrefix(have, want+"/") || have == arm && want == v8
}

// assembled is the image, or an index of several.
func assembled(variants []variant, images []v1.Image) (content, error) {
	if len(images) == 1 {
		return content{image: images[0]}, nil
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for i, image := range images {
		p, err := v1.ParsePlatform(variants[i].platform)
		if err != nil {
			return content{}, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: p}})
	}
	return content{index: index}, nil
}

// image lays the layers on the base and writes the config.
func (b Build) image(v variant, layers []*spooled) (v1.Image, error) {
	manifest, err := v.base.Manifest()
	if err != nil {
		return nil, err
	}
	mediaType := types.OCILayer
	if manifest.Config.MediaType == types.DockerConfigJSON {
		mediaType = types.DockerLayer
	}
	image := v.base
	for _, l := range layers {
		layer := *l
		layer.mediaType = mediaType
		history := v1.History{Created: v1.Time{Time: epoch()}, CreatedBy: "slipway"}
		if image, err = mutate.Append(image, mutate.Addendum{Layer: &layer, History: history}); err != nil {
			return nil, err
		}
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	b.configure(file, v.platform)
	return mutate.ConfigFile(image, file)
}

// configure writes what the build sets.
func (b Build) configure(file *v1.ConfigFile, platform string) {
	if file.OS == "" {
		parts := strings.SplitN(platform+"//", "/", 4) //nolint:mnd // os, architecture, variant
		file.OS, file.Architecture, file.Variant = parts[0], parts[1], parts[2]
		file.Created = v1.Time{Time: epoch()}
	}
	c := &file.Config
	entrypoint := b.entrypoint
	if entrypoint == nil && len(b.binaries) > 0 {
		entrypoint = []string{b.binaries[0].target()}
	}
	if entrypoint != nil {
		c.Entrypoint, c.Cmd = entrypoint, nil
	}
	if b.command != nil {
		c.Cmd = b.command
	}
	if b.user != "" {
		c.User = b.user
	}
	if b.work != "" {
		c.WorkingDir = b.work
	}
	for _, name := range slices.Sorted(maps.Keys(b.environment)) {
		c.Env = slices.DeleteFunc(c.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		c.Env = append(c.Env, name+"="+b.environment[name])
	}
	for name, value := range b.labels {
		c.Labels = with(c.Labels, name, value)
	}
}
