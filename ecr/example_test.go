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
	"github.com/google/go-containerregistry/pkg/v1/empty"

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
