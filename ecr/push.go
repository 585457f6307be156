// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecr"
	ruleset "github.com/slipway-go/slipway/internal/rules/ecr"
)

// PushOption is an option of [Push].
type PushOption func(*push)

// Tags gives the image tags: 1 to 128 letters, digits, ".", "_" and "-", beginning
// with neither "." nor "-". Without it the image is known by its digest alone.
func Tags(tags ...string) PushOption {
	return func(p *push) { p.tags = append(p.tags, tags...) }
}

// Observe tells o of the bytes that are uploaded, and of the repository when it is
// made or changed. Events come one at a time.
func Observe(o slipway.Observer) PushOption { return func(p *push) { p.observer = o } }

// Jobs is how many layers are compressed and uploaded at a time; 4 by default, at
// least 1.
func Jobs(n int) PushOption { return func(p *push) { p.jobs = max(1, n) } }

// UseKeychain has several pushes share a keychain, and thus its tokens. Without
// it each push asks for its own.
func UseKeychain(k authn.Keychain) PushOption { return func(p *push) { p.keychain = k } }

// Chunk is how many bytes of a blob one request carries at most; 128 MiB by
// default, so that most are sent in one. What a cut connection loses is a chunk at
// most. ECR takes no parts below 5 MiB but the last.
func Chunk(bytes int64) PushOption { return func(p *push) { p.chunk = max(1, bytes) } }

// MountFrom names repositories of the same registry that may have layers of the
// image already, such as that of its base. ECR shares them, instead of taking them
// again, where the account has BLOB_MOUNTING on and both repositories are encrypted
// alike; else they are uploaded. The repository that [FromRegistry] copies from
// need not be named.
//
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
func MountFrom(repositories ...RepositoryRef) PushOption {
	return func(p *push) { p.lenders = append(p.lenders, repositories...) }
}

const (
	defaultJobs  = 4
	defaultChunk = 128 << 20
)

// push is one push on its way.
type push struct {
	cfg      aws.Config
	tags     []string
	jobs     int
	observer slipway.Observer
	keychain authn.Keychain
	// transport is for this push alone, unless the configuration brings its own.
	transport http.RoundTripper

	repository ecrtypes.Repository
	target     name.Repository
	chunk      int64
	lenders    []RepositoryRef
	up         *uploader
	meter      *meter
}

// Push uploads an image, or an index with its images, and returns a reference
// that is pinned by digest. A tag that ECR would not take matches
// [slipway.ErrInvalid], before anything is made. A declared repository is made, or changed to its
// declaration, first; one that is only named must exist, else the error matches
// [slipway.ErrNotFound].
//
// What the repository has already is not sent again: repeating a push makes no
// write, under immutable tags too. Another image under an immutable tag is a
// [TagError], before anything is sent. Layers are sent side by side; after a cut
// connection each goes on where the registry has come to. Memory does not grow
// with the image: layers that have to be compressed go through temporary files.
func Push(ctx context.Context, cfg aws.Config, to RepositoryRef, source Source, opts ...PushOption) (Image, error) {
	p := &push{cfg: cfg, jobs: defaultJobs, chunk: defaultChunk}
	for _, o := range opts {
		o(p)
	}
	p.tags = slices.Compact(slices.Sorted(slices.Values(p.tags)))
	if err := p.check(to, source); err != nil {
		return Image{}, err
	}
	if err := p.find(ctx, to); err != nil {
		return Image{}, err
	}
	dir, err := os.MkdirTemp("", "slipway-push-")
	if err != nil {
		return Image{}, fmt.Errorf("push: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left of it is the system's to clean
	var hangUp func()
	p.transport, hangUp = transportOf(cfg)
	defer hangUp()
	p.meter = &meter{
		observer: p.observer, ctx: ctx, id: slipway.ID{Kind: model.KindRepository, Name: to.repositoryName()},
	}
	image, err := p.send(ctx, source, dir)
	p.meter.stop(err == nil)
	return image, err
}

// check finds what no registry would take, before anything is asked or made.
func (p *push) check(to RepositoryRef, source Source) error {
	var errs []error
	if to == nil {
		errs = append(errs, slipway.FieldError{Path: "Push.to", Got: "nil", Want: "a repository"})
	}
	if source == nil {
		errs = append(errs, slipway.FieldError{Path: "Push.source", Got: "nil", Want: "a source, such as FromImage"})
	}
	if slices.Contains(p.lenders, nil) {
		errs = append(errs, slipway.FieldError{Path: "MountFrom", Got: "nil", Want: "a repository"})
	}
	for _, tag := range p.tags {
		if !ruleset.IsTag(tag) {
			errs = append(errs, slipway.FieldError{
				Path: "Tags", Got: fmt.Sprintf("%q", tag), Want: "1 to 128 letters, digits, . _ and -, not beginning with . or -",
				Doc: "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html",
			})
		}
	}
	return errors.Join(errs...)
}

// find applies the repository, if it is declared, and looks it up.
func (p *push) find(ctx context.Context, to RepositoryRef) error {
	if err := p.apply(ctx, to); err != nil {
		return err
	}
	var err error
	repoName := to.repositoryName()
	p.repository, err = describe(ctx, awsecr.NewFromConfig(p.cfg), repoName)
	if awserr.Is(err, "RepositoryNotFoundException") {
		return fmt.Errorf("push to repository %s, which is only named: declare it with NewRepository to have it made: %w", repoName, err)
	}
	if err != nil {
		return err
	}
	if p.target, err = name.NewRepository(aws.ToString(p.repository.RepositoryUri)); err != nil {
		return fmt.Errorf("push to repository %s: %w", repoName, err)
	}
	return nil
}

// apply makes or changes a declared repository, as a stack of its own.
func (p *push) apply(ctx context.Context, to RepositoryRef) error {
	r, ok := to.(Repository)
	if !ok {
		return nil
	}
	var opts []slipway.ApplyOption
	if p.observer != nil {
		opts = append(opts, slipway.Observe(p.observer))
	}
	_, err := r.Stack().Apply(ctx, p.cfg, opts...)
	return err
}

// connect makes the client of the registry.
func (p *push) connect(ctx context.Context) (err error) {
	if p.keychain == nil {
		p.keychain = NewKeychain(p.cfg)
	}
	if p.up, err = connect(ctx, p.target, p.keychain, p.transport); err != nil {
		return err
	}
	p.up.meter, p.up.chunk, p.up.slots = p.meter, p.chunk, make(chan struct{}, p.jobs)
	for _, r := range p.lenders {
		if r.repositoryName() != p.target.RepositoryStr() {
			p.up.lenders = append(p.up.lenders, r.repositoryName())
		}
	}
	return nil
}

// send opens the source and uploads what the repository lacks.
func (p *push) send(ctx context.Context, source Source, dir string) (Image, error) {
	image, err := p.upload(ctx, source, dir)
	return image, refused(err, "push to repository "+aws.ToString(p.repository.RepositoryName))
}

func (p *push) upload(ctx context.Context, source Source, dir string) (Image, error) {
	if err := p.connect(ctx); err != nil {
		return Image{}, err
	}
	ready, err := p.early(ctx)
	if err != nil {
		return Image{}, err
	}
	s := newSpool(dir, p.jobs)
	s.ready, s.remote = ready, p.remote
	c, err := source.open(ctx, s)
	if err != nil {
		return Image{}, err
	}
	digest, err := c.digest()
	if err != nil {
		return Image{}, err
	}
	if size, err := c.size(); err == nil {
		p.meter.expect(size)
	}
	missing, err := p.missing(ctx, digest.String())
	if err != nil {
		return Image{}, err
	}
	if err := p.up.content(ctx, c); err != nil {
		return Image{}, err
	}
	if err := p.tagAll(ctx, c, missing, digest.String()); err != nil {
		return Image{}, err
	}
	platforms, err := c.platforms()
	return Image{uri: aws.ToString(p.repository.RepositoryUri), digest: digest.String(), tags: p.tags, platforms: platforms}, err
}

// remote says how sources in registries are reached: as the target is, and with
// the credentials that Docker knows where the keychain has none.
func (p *push) remote(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(p.transport), remote.WithJobs(p.jobs), remote.WithUserAgent("slipway"),
		remote.WithAuthFromKeychain(authn.NewMultiKeychain(p.keychain, authn.DefaultKeychain)),
	}
}
