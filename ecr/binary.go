// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"archive/tar"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Binary is an executable for one platform, such as "go build" makes.
type Binary struct {
	// Path is the file.
	Path string
	// Platform is what it is built for, such as "linux/arm64". It is read from the
	// file if empty, and checked against it if not.
	Platform string
	// Target is where it is in the image; "/app" if empty.
	Target string
}

func (b Binary) target() string {
	if b.Target == "" {
		return "/app"
	}
	return path.Clean("/" + b.Target)
}

// write writes the layer: root's, executable, of the epoch.
func (b Binary) write(w *tar.Writer) error {
	return writeFile(w, strings.TrimPrefix(b.target(), "/"), executable, func() (io.ReadCloser, int64, error) {
		f, err := os.Open(b.Path)
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, 0, closing(err, f)
		}
		return f, info.Size(), nil
	})
}

// platform returns what the executable is for. alone says that the image has no
// other file: then it must not need a dynamic linker.
func (b Binary) platform(alone bool) (string, error) {
	what := "binary " + b.Path
	f, err := elf.Open(b.Path)
	if _, odd := errors.AsType[*elf.FormatError](err); odd {
		return "", b.foreign(err)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close() //nolint:errcheck // only read
	arch, ok := architectures[f.Machine]
	if !ok {
		return "", fmt.Errorf("%s: no platform is known for the machine %s", what, f.Machine)
	}
	built := "linux/" + arch
	if b.Platform != "" && !fits(b.Platform, built) {
		return "", &PlatformError{What: what, Want: b.Platform, Have: []string{built}}
	}
	for _, p := range f.Progs {
		if alone && p.Type == elf.PT_INTERP {
			return "", fmt.Errorf("%s: it needs a dynamic linker, and Scratch has none: build it with CGO_ENABLED=0, or lay it on another base", what)
		}
	}
	if b.Platform != "" {
		return b.Platform, nil
	}
	return built, nil
}

// foreign says what a file is that Linux does not run.
func (b Binary) foreign(cause error) error {
	info, err := buildinfo.ReadFile(b.Path)
	if err != nil {
		return fmt.Errorf("binary %s: it is no executable for Linux: %w", b.Path, cause)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	want := b.Platform
	if want == "" {
		want = "linux"
	}
	return &PlatformError{What: "binary " + b.Path, Want: want, Have: []string{settings["GOOS"] + "/" + settings["GOARCH"]}}
}

// architectures are those of platforms, by the machine of an executable.
var architectures = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm",
	elf.EM_RISCV: "riscv64", elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64",
}
