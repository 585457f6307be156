// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"maps"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Build is a [Source] that lays files on a base: [FromBinary] or [FromDirectory],
// and more by its methods. No Dockerfile and no daemon is needed.
//
// The same files on the same base make the same image, with the same digest, on
// every machine: what is laid on the base is root's, in order, and of the first
// second of 1970.
type Build struct {
	base        Source
	binaries    []Binary
	directories []directory
	platforms   []string
	entrypoint  []string
	command     []string
	user, work  string
	environment map[string]string
	labels      map[string]string
}

// directory is a layer: the files of a directory, and where they are in the image.
type directory struct{ path, at string }

// FromBinary lays executables on a base, such as [Scratch], or
// FromRegistry("gcr.io/distroless/static"). Each is built for another platform:
// one makes an image, several make an index. If the base is an index, each is laid
// on its platform's image. The executable is the image's entrypoint, without
// arguments.
func FromBinary(base Source, binaries ...Binary) Build {
	return Build{base: base, binaries: slices.Clone(binaries)}
}

// FromDirectory lays the files of a directory on a base, at the root of the file
// system; see [Build.WithDirectory]. If the base is an index, they are laid on each of its images.
func FromDirectory(base Source, path string) Build { return Build{base: base}.WithDirectory(path, "/") }

// WithDirectory adds a layer with the files of a directory at a path of the image,
// such as "/srv/www". Files are executable or not (0755 or 0644), as they are for
// their owner; symbolic links are kept, and must not lead out of the directory.
func (b Build) WithDirectory(path, at string) Build {
	b.directories = append(slices.Clip(b.directories), directory{path, at})
	return b
}

// WithPlatform says what the image is for, such as "linux/arm64"; several make an
// index. Without it the binaries or the base decide. A directory on [Scratch]
// needs it.
func (b Build) WithPlatform(platforms ...string) Build {
	b.platforms = append(slices.Clip(b.platforms), platforms...)
	return b
}

// WithEntrypoint replaces the entrypoint, and removes the base's arguments.
func (b Build) WithEntrypoint(command string, arguments ...string) Build {
	b.entrypoint = append([]string{command}, arguments...)
	return b
}

// WithCommand sets the arguments of the entrypoint; none remove those of the base.
func (b Build) WithCommand(arguments ...string) Build {
	b.command = append([]string{}, arguments...)
	return b
}

// WithUser sets as whom the container runs, by name or number, such as "65532:65532".
func (b Build) WithUser(user string) Build {
	b.user = user
	return b
}

// WithWorkingDirectory sets where the container starts.
func (b Build) WithWorkingDirectory(path string) Build {
	b.work = path
	return b
}

// WithEnvironment sets an environment variable.
func (b Build) WithEnvironment(name, value string) Build {
	b.environment = with(b.environment, name, value)
	return b
}

// WithLabel sets a label, such as "org.opencontainers.image.source".
func (b Build) WithLabel(name, value string) Build {
	b.labels = with(b.labels, name, value)
	return b
}

func with(m map[string]string, name, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

// Scratch is the empty base: no file, no platform.
func Scratch() Source { return scratch{} }

type scratch struct{}

func (scratch) open(context.Context, *spool) (content, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(image, &v1.ConfigFile{RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}}})
	return content{image: image}, err
}
