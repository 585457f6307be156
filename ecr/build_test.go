// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// executable writes what a linker would: the headers alone.
func executable(path string, machine elf.Machine, interpreter bool) error {
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64,
	}
	var b bytes.Buffer
	if interpreter {
		header.Phoff, header.Phnum = 64, 1
	}
	err := binary.Write(&b, binary.LittleEndian, header)
	if interpreter {
		err = errors.Join(err, binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_INTERP)}))
	}
	return errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600)) // its mode does not matter
}

func built(t *testing.T, machine elf.Machine) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server")
	require.NoError(t, executable(path, machine, false))
	return path
}

// files are the headers of an image's last layer.
func files(t *testing.T, img v1.Image) (headers []tar.Header, contents []string) {
	t.Helper()
	list, err := img.Layers()
	require.NoError(t, err)
	r, err := list[len(list)-1].Uncompressed()
	require.NoError(t, err)
	for entries := tar.NewReader(r); ; {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		b, err := io.ReadAll(entries)
		require.NoError(t, err)
		headers, contents = append(headers, *h), append(contents, string(b))
	}
	require.NoError(t, r.Close())
	return headers, contents
}

func configOf(t *testing.T, img v1.Image) v1.ConfigFile {
	t.Helper()
	c, err := img.ConfigFile()
	require.NoError(t, err)
	return *c
}

func TestBinaryOnScratch(t *testing.T) {
	t.Parallel()
	cloud, path := fakes.New(fakes.Options{}), built(t, elf.EM_AARCH64)
	source := ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: path}).WithCommand("-v").WithUser("65532").
		WithEnvironment("B", "2").WithEnvironment("A", "1").WithLabel("team", "shop").WithWorkingDirectory("/data")
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), source)
	require.NoError(t, err)
	require.Equal(t, []string{"linux/arm64"}, pushed.ImagePlatforms(), "the executable says so")

	img := pull(t, cloud, pushed)
	headers, contents := files(t, img)
	require.Len(t, headers, 1)
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), contents[0])
	h := headers[0]
	require.Equal(t, []any{"app", int64(0o755), 0, 0, "", "", true}, []any{h.Name, h.Mode, h.Uid, h.Gid, h.Uname, h.Gname, h.ModTime.Equal(time.Unix(0, 0))})
	config := configOf(t, img)
	require.Equal(t, v1.Config{
		Entrypoint: []string{"/app"}, Cmd: []string{"-v"}, User: "65532", Env: []string{"A=1", "B=2"},
		Labels: map[string]string{"team": "shop"}, WorkingDir: "/data",
	}, config.Config)
	require.True(t, config.Created.Equal(time.Unix(0, 0)))

	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)))
	again, err := ecr.Push(t.Context(), fakes.New(fakes.Options{Region: "eu-west-1"}).Config(), ecr.NewRepository("other"), source)
	require.NoError(t, err)
	require.Equal(t, pushed.Digest(), again.Digest(), "the same inputs make the same image")
}

func TestBinariesOnABase(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	base := multi(t)
	amd, arm := ecr.Binary{Path: built(t, elf.EM_X86_64), Platform: "linux/amd64"}, ecr.Binary{Path: built(t, elf.EM_AARCH64)}
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromBinary(ecr.FromIndex(base), amd, arm))
	require.NoError(t, err)
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, pushed.ImagePlatforms())
	turned, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromBinary(ecr.FromIndex(base), arm, amd))
	require.NoError(t, err)
	require.Equal(t, pushed.Digest(), turned.Digest(), "the order does not matter")

	index, err := remote.Index(reference(t, pushed), remote.WithTransport(roundTripper(cloud.Config().HTTPClient.Do)),
		remote.WithAuthFromKeychain(ecr.NewKeychain(cloud.Config())))
	require.NoError(t, err)
	for i, d := range manifestsOf(t, index) {
		img, err := index.Image(d.Digest)
		require.NoError(t, err)
		beneath, err := base.Image(manifestsOf(t, base)[i].Digest)
		require.NoError(t, err)
		require.Equal(t, layers(t, beneath), layers(t, img)[:3], "each is on the base of its platform")
		require.Equal(t, d.Platform.Architecture, configOf(t, img).Architecture)
		require.Len(t, configOf(t, img).RootFS.DiffIDs, 4)
	}
	one, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromBinary(ecr.FromIndex(base), arm))
	require.NoError(t, err)
	require.Equal(t, []string{"linux/arm64"}, one.ImagePlatforms(), "one binary makes an image")
}

func TestBuildFails(t *testing.T) {
	t.Parallel()
	amd, arm := ecr.Binary{Path: built(t, elf.EM_X86_64)}, ecr.Binary{Path: built(t, elf.EM_AARCH64)}
	dynamic, text := filepath.Join(t.TempDir(), "dynamic"), filepath.Join(t.TempDir(), "text")
	require.NoError(t, executable(dynamic, elf.EM_X86_64, true))
	require.NoError(t, os.WriteFile(text, []byte("#!/bin/sh\necho this is not what it seems to be\n"), 0o600))
	odd := built(t, elf.EM_VAX)
	base := ecr.FromImage(image(t, "linux", "amd64"))
	for _, test := range []struct {
		name, reason, says string
		source             ecr.Source
		platform           bool
	}{
		{name: "no base", reason: "there is nothing to lay on", source: ecr.FromBinary(nil, amd), says: "Scratch"},
		{name: "base for another", reason: "it would not run", source: ecr.FromBinary(base, arm), says: "base: not for linux/arm64, but for linux/amd64", platform: true},
		{name: "index without", reason: "nor here", source: ecr.FromBinary(ecr.FromIndex(multi(t)), ecr.Binary{Path: built(t, elf.EM_S390)}), says: "linux/s390x", platform: true},
		{
			name: "built for another", reason: "the file tells", says: "not for linux/arm64, but for linux/amd64", platform: true,
			source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: amd.Path, Platform: "linux/arm64"}),
		},
		{name: "twice", reason: "an index has one image a platform", source: ecr.FromBinary(ecr.Scratch(), amd, amd), says: "linux/amd64 is there twice"},
		{name: "dynamic", reason: "Scratch has no linker", source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: dynamic}), says: "CGO_ENABLED=0"},
		{name: "text", reason: "it is no executable", source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: text}), says: "no executable for Linux"},
		{name: "machine", reason: "no platform has its name", source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: odd}), says: "EM_VAX"},
		{name: "absent", reason: "there is no file", source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: filepath.Join(t.TempDir(), "absent")}), says: "no such file"},
		{name: "platform", reason: "binaries say it themselves", source: ecr.FromBinary(base, amd).WithPlatform("linux/amd64"), says: "WithPlatform is for directories"},
		{name: "no platform", reason: "a directory does not say", source: ecr.FromDirectory(ecr.Scratch(), t.TempDir()), says: "WithPlatform"},
		{name: "odd platform", reason: "it has two parts", source: ecr.FromDirectory(ecr.Scratch(), t.TempDir()).WithPlatform("arm64"), says: `"arm64"`},
		{name: "no directory", reason: "there is none", source: ecr.FromDirectory(base, filepath.Join(t.TempDir(), "absent")), says: "absent"},
		{name: "no binary", reason: "a pattern that fits no file must not push the base", source: ecr.FromBinary(base), says: "neither a binary nor a directory"},
		{name: "target", reason: "it is no file", source: ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: amd.Path, Target: "/"}), says: `its target "/" is no file`},
		{name: "base fails", reason: "it is not there", source: ecr.FromBinary(ecr.FromTarball("absent.tar"), amd), says: "build: base: tarball absent.tar"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ecr.Push(t.Context(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), test.source)
			require.ErrorContains(t, err, test.says, test.reason)
			var wrong *ecr.PlatformError
			require.Equal(t, test.platform, errors.As(err, &wrong))
		})
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "css", "empty"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "css", "site.css"), []byte("body{}"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run.sh"), []byte("#!"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), []byte("<p>"), 0o640))
	require.NoError(t, os.Symlink("../index.html", filepath.Join(dir, "css", "home")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))

	cloud := fakes.New(fakes.Options{})
	source := ecr.FromDirectory(ecr.Scratch(), dir).WithPlatform("linux/amd64", "linux/arm64")
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("site"), source)
	require.NoError(t, err)
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, pushed.ImagePlatforms())

	onBase, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("site"),
		ecr.FromBinary(ecr.FromImage(image(t, "linux", "amd64")), ecr.Binary{Path: built(t, elf.EM_X86_64), Target: "usr/bin/server"}).
			WithDirectory(dir, "srv/www").WithEntrypoint("/usr/bin/server", "-root", "/srv/www"))
	require.NoError(t, err)
	img := pull(t, cloud, onBase)
	headers, contents := files(t, img)
	var got []string
	for i, h := range headers {
		require.Equal(t, []any{0, 0, true}, []any{h.Uid, h.Gid, h.ModTime.Equal(time.Unix(0, 0))}, h.Name)
		got = append(got, fmt.Sprintf("%s %o %s%s", h.Name, h.Mode, h.Linkname, contents[i]))
	}
	require.Equal(t, []string{
		"srv/www/css/ 755 ", "srv/www/css/empty/ 755 ", "srv/www/css/home 777 ../index.html", "srv/www/css/site.css 644 body{}",
		"srv/www/dangling 777 nowhere", "srv/www/index.html 644 <p>", "srv/www/run.sh 755 #!",
	}, got)
	require.Equal(t, []string{"/usr/bin/server", "-root", "/srv/www"}, configOf(t, img).Config.Entrypoint)
	require.Empty(t, configOf(t, img).Config.Cmd)
}

func TestDirectoryRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, says string
		put        func(dir string) error
	}{
		{"absolute link", "leads out", func(dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "link")) }},
		{"link out", "leads out", func(dir string) error { return os.Symlink("a/../../secret", filepath.Join(dir, "link")) }},
		{"whiteout", "delete files of the base", func(dir string) error { return os.WriteFile(filepath.Join(dir, ".wh.passwd"), nil, 0o600) }},
		{"socket", "neither a file", func(dir string) error {
			l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", filepath.Join(dir, "s"))
			if err == nil {
				t.Cleanup(func() { _ = l.Close() })
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "d") //nolint:usetesting // a socket's path must be short
			require.NoError(t, err)
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			require.NoError(t, test.put(dir))
			_, err = ecr.Push(t.Context(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("site"),
				ecr.FromDirectory(ecr.Scratch(), dir).WithPlatform("linux/amd64"))
			require.ErrorContains(t, err, test.says)
			require.ErrorContains(t, err, dir)
		})
	}
}

// The base is the very platform, if there is one: another one may need a newer
// processor.
func TestBaseOfTheVeryPlatform(t *testing.T) {
	t.Parallel()
	cloud, newer, plain := fakes.New(fakes.Options{}), image(t, "linux", "amd64"), image(t, "linux", "amd64")
	base := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: newer, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"}}},
		mutate.IndexAddendum{Add: plain, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
	)
	for _, test := range []struct {
		platform string
		beneath  v1.Image
	}{{"linux/amd64", plain}, {"linux/amd64/v3", newer}} {
		pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromDirectory(ecr.FromIndex(base), t.TempDir()).WithPlatform(test.platform))
		require.NoError(t, err)
		require.Equal(t, layers(t, test.beneath), layers(t, pull(t, cloud, pushed))[:3], test.platform)
	}
}

// What the base's arguments are can be taken away.
func TestCommandOfTheBase(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	base, err := mutate.Config(image(t, "linux", "amd64"), v1.Config{Entrypoint: []string{"/sh"}, Cmd: []string{"-c"}})
	require.NoError(t, err)
	source := ecr.FromDirectory(ecr.FromImage(base), t.TempDir())
	for _, test := range []struct {
		source     ecr.Build
		entrypoint []string
		command    []string
	}{
		{source, []string{"/sh"}, []string{"-c"}},
		{source.WithCommand(), []string{"/sh"}, nil},
		{source.WithCommand("-x"), []string{"/sh"}, []string{"-x"}},
		{source.WithEntrypoint("/app"), []string{"/app"}, nil},
	} {
		pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), test.source)
		require.NoError(t, err)
		config := configOf(t, pull(t, cloud, pushed)).Config
		require.Equal(t, test.entrypoint, config.Entrypoint)
		require.Equal(t, test.command, config.Cmd)
	}
}

// Two that go on from one build never see each other's settings.
func TestBuildForks(t *testing.T) {
	t.Parallel()
	cloud, path := fakes.New(fakes.Options{}), built(t, elf.EM_X86_64)
	stem := ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: path}).WithEnvironment("A", "1").WithLabel("a", "1")
	left, right := stem.WithEnvironment("B", "2").WithLabel("b", "2"), stem.WithEnvironment("C", "3").WithLabel("c", "3")
	for _, test := range []struct {
		source ecr.Build
		env    []string
	}{{left, []string{"A=1", "B=2"}}, {right, []string{"A=1", "C=3"}}, {stem, []string{"A=1"}}} {
		pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), test.source)
		require.NoError(t, err)
		require.Equal(t, test.env, configOf(t, pull(t, cloud, pushed)).Config.Env)
	}
}
