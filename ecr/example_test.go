// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// compiled is what "CGO_ENABLED=0 GOOS=linux GOARCH=... go build" would leave.
func compiled(machines ...elf.Machine) (paths []string, remove func()) {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	for i, m := range machines {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("server-%d", i)))
		if err := executable(paths[i], m, false); err != nil {
			panic(err)
		}
	}
	return paths, func() { _ = os.RemoveAll(dir) }
}

func ExampleFromRegistry() {
	cloud := fakes.New(fakes.Options{}) // in production: config.LoadDefaultConfig
	ctx, cfg := context.Background(), cloud.Config()
	staged, err := ecr.Push(ctx, cfg, ecr.NewRepository("staging/web"), ecr.FromImage(empty.Image))
	if err != nil {
		fmt.Println(err)
		return
	}
	released, err := ecr.Push(ctx, cfg, ecr.NewRepository("web").WithImmutableTags(), ecr.FromRegistry(staged.ImageReference()), ecr.Tags("v1"))
	fmt.Println(released.RepositoryURI(), released.Digest() == staged.Digest(), err)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web true <nil>
}

func ExampleFromBinary() {
	paths, remove := compiled(elf.EM_X86_64, elf.EM_AARCH64)
	defer remove()
	source := ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: paths[0]}, ecr.Binary{Path: paths[1], Platform: "linux/arm64"})
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), source)
	fmt.Println(image.ImagePlatforms(), err)
	// Output: [linux/amd64 linux/arm64] <nil>
}

func ExampleFromDirectory() {
	site, err := os.MkdirTemp("", "site-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(site) }()
	if err := os.WriteFile(filepath.Join(site, "index.html"), []byte("<p>Slipway"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	source := ecr.FromDirectory(ecr.Scratch(), site).WithPlatform("linux/amd64")
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("site"), source)
	fmt.Println(image.Digest(), err)
	// Output: sha256:89999c028b58cef3bfcb53fb5eb3c81f45692b17a245698dd0c04819bfb481ee <nil>
}

func ExampleBuild() {
	paths, remove := compiled(elf.EM_AARCH64)
	defer remove()
	source := ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: paths[0], Target: "/bin/server"}).
		WithEntrypoint("/bin/server", "-port", "8080").WithCommand("-v").WithUser("65532:65532").WithWorkingDirectory("/").
		WithEnvironment("TZ", "UTC").WithLabel("org.opencontainers.image.title", "web")
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), source)
	fmt.Println(image.ImagePlatforms(), err)
	// Output: [linux/arm64] <nil>
}

func ExampleScratch() {
	paths, remove := compiled(elf.EM_X86_64)
	defer remove()
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"),
		ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: paths[0]}), ecr.Tags("v1"))
	fmt.Println(image.Tags(), err)
	// Output: [v1] <nil>
}

func ExamplePlatformError() {
	paths, remove := compiled(elf.EM_X86_64)
	defer remove()
	_, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"),
		ecr.FromBinary(ecr.Scratch(), ecr.Binary{Path: paths[0], Platform: "linux/arm64"}))
	var wrong *ecr.PlatformError
	fmt.Println(errors.As(err, &wrong), wrong.Want, wrong.Have)
	// Output: true linux/arm64 [linux/amd64]
}

func ExampleMountFrom() {
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromImage(empty.Image),
		ecr.MountFrom(ecr.RepositoryNamed("base")), ecr.Chunk(16<<20), ecr.Jobs(8))
	fmt.Println(image.RepositoryURI(), err)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web <nil>
}

func ExampleKeychain() {
	keychain := ecr.NewKeychain(fakes.New(fakes.Options{}).Config())
	_ = crane.WithAuthFromKeychain(keychain) // crane and go-containerregistry take it
	auth, err := keychain.Resolve(registry("123456789012.dkr.ecr.eu-west-1.amazonaws.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	login, err := auth.Authorization()
	fmt.Println(login.Username, auth != authn.Anonymous, err)
	// Output: AWS true <nil>
}

func ExampleTagError() {
	ctx, cfg, repo := context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web").WithImmutableTags("latest")
	if _, err := ecr.Push(ctx, cfg, repo, ecr.FromImage(empty.Image), ecr.Tags("v1", "latest")); err != nil {
		fmt.Println(err)
		return
	}
	other, err := mutate.Config(empty.Image, v1.Config{User: "65532"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = ecr.Push(ctx, cfg, repo, ecr.FromImage(other), ecr.Tags("latest"))
	fmt.Println("an excluded tag moves:", err)
	_, err = ecr.Push(ctx, cfg, repo, ecr.FromImage(other), ecr.Tags("v1"))
	var conflict *ecr.TagError
	fmt.Println(errors.As(err, &conflict), conflict.Tag, errors.Is(err, slipway.ErrConflict))
	// Output:
	// an excluded tag moves: <nil>
	// true v1 true
}

func ExampleRegistryError() {
	cfg := fakes.New(fakes.Options{}).Config()
	_, err := ecr.Push(context.Background(), cfg, ecr.NewRepository("web"), ecr.FromRegistry("123456789012.dkr.ecr.us-east-1.amazonaws.com/base:v1"))
	var refused *ecr.RegistryError
	fmt.Println(errors.As(err, &refused), refused.Status, refused.Code, errors.Is(err, slipway.ErrNotFound))
	// Output: true 404 NAME_UNKNOWN true
}

// progress keeps how many bytes of how many are there. Events come one at a time.
type progress struct{ last slipway.Progress }

func (p *progress) Observe(_ context.Context, e slipway.Event) {
	if now, ok := e.(slipway.Progress); ok {
		p.last = now
	}
}

func ExampleObserve() {
	var seen progress
	_, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromImage(empty.Image), ecr.Observe(&seen))
	fmt.Println(seen.last.ID, seen.last.Done, "of", seen.last.Total, seen.last.Unit, err)
	// Output: ecr:Repository/web 115 of 115 bytes <nil>
}

func ExampleUseKeychain() {
	cfg := fakes.New(fakes.Options{}).Config()
	keychain := ecr.NewKeychain(cfg) // one token for all that follow
	for _, name := range []string{"web", "worker"} {
		image, err := ecr.Push(context.Background(), cfg, ecr.NewRepository(name), ecr.FromImage(empty.Image), ecr.UseKeychain(keychain))
		fmt.Println(image.RepositoryURI(), err)
	}
	// Output:
	// 123456789012.dkr.ecr.us-east-1.amazonaws.com/web <nil>
	// 123456789012.dkr.ecr.us-east-1.amazonaws.com/worker <nil>
}

func ExampleFromLayout() {
	dir, err := os.MkdirTemp("", "layout-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	written, err := layout.Write(dir, empty.Index) // as BuildKit does with "--output type=oci,tar=false"
	if err == nil {
		err = written.AppendImage(empty.Image)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromLayout(dir))
	fmt.Println(image.RepositoryURI(), err)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web <nil>
}

func ExampleFromTarball() {
	dir, err := os.MkdirTemp("", "tarball-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "image.tar")
	if err := crane.Save(empty.Image, "web:v1", path); err != nil { // as "docker save" does
		fmt.Println(err)
		return
	}
	image, err := ecr.Push(context.Background(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromTarball(path), ecr.Tags("v1"))
	fmt.Println(image.Tags(), err)
	// Output: [v1] <nil>
}
