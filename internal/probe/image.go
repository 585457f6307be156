// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

var privateImage = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)(?::([^@]+))?(?:@(.+))?$`)

const docPull = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"

// Repository is one of a private ECR registry.
type Repository struct{ Account, Region, Name string }

// RepositoryOf is the private ECR repository that an image is in, if it is in one.
func RepositoryOf(ref string) (Repository, bool) {
	m := privateImage.FindStringSubmatch(ref)
	if m == nil {
		return Repository{}, false
	}
	return Repository{Account: m[1], Region: m[2], Name: m[3]}, true
}

// Policy reads the repository's own policy; it is empty if there is none.
func (r Repository) Policy(ctx context.Context, c slipway.Call) (string, error) {
	out, err := slipway.Client(in(c, r.Region), awsecr.NewFromConfig).GetRepositoryPolicy(ctx,
		&awsecr.GetRepositoryPolicyInput{RegistryId: &r.Account, RepositoryName: &r.Name})
	if awserr.Is(err, "RepositoryPolicyNotFoundException", "RepositoryNotFoundException") {
		return "", nil
	}
	if err != nil {
		return "", awserr.Wrap(err, "read the policy of repository "+r.Name)
	}
	return aws.ToString(out.PolicyText), nil
}

// Image looks up whether an image of a private ECR registry exists for a platform,
// such as "linux/amd64", or at all if that is empty. Other registries are not asked.
func Image(ctx context.Context, c slipway.Call, ref, platform string) slipway.Check {
	subject := "image " + ref + " exists"
	if platform != "" {
		subject += " for " + platform
	}
	m := privateImage.FindStringSubmatch(ref)
	if m == nil {
		return unknown(subject, "its registry is not a private one of Amazon ECR, and is not asked")
	}
	registry := ecrRegistry{client: slipway.Client(in(c, m[2]), awsecr.NewFromConfig), account: m[1], repository: m[3], http: c.Config.HTTPClient}
	manifest, err := registry.manifest(ctx, m[4], m[5])
	switch {
	case awserr.Is(err, "RepositoryNotFoundException"):
		return failed(subject, slipway.Cause{Code: slipway.ImageMissing, Summary: "there is no repository " + m[3] + " for image " + ref,
			Evidence: []string{err.Error()}, Remedy: "push the image to a repository of that name", Doc: docPull})
	case err != nil:
		return unanswered(subject, err)
	case manifest == nil:
		return failed(subject, slipway.Cause{Code: slipway.ImageMissing, Summary: "repository " + m[3] + " has no image " + imageTag(m),
			Evidence: []string{"ECR finds no image for " + ref}, Remedy: "push the image, or name a tag or digest that the repository has", Doc: docPull})
	}
	if platform == "" {
		return passed(subject)
	}
	has, err := registry.platforms(ctx, manifest)
	if err != nil {
		return unanswered(subject, err)
	}
	if len(has) == 0 {
		return unknown(subject, "its manifest does not tell")
	}
	if !slices.ContainsFunc(has, func(p string) bool { return p == platform || strings.HasPrefix(p, platform+"/") }) {
		return failed(subject, slipway.Cause{Code: slipway.WrongArchitecture, Summary: fmt.Sprintf("image %s is for %s, not for %s", ref, strings.Join(has, ", "), platform),
			Evidence: []string{"its manifest and configuration say so"}, Remedy: "build the image for " + platform + ", or set the task definition's architecture to that of the image", Doc: docPull})
	}
	return passed(subject)
}

func imageTag(m []string) string {
	switch {
	case m[5] != "":
		return m[5]
	case m[4] != "":
		return m[4]
	default:
		return "latest"
	}
}

// ecrRegistry reads images of one repository by the API.
type ecrRegistry struct {
	client              *awsecr.Client
	http                aws.HTTPClient
	account, repository string
}

// mediaTypes are the kinds of manifests that a task may run.
var mediaTypes = []string{
	"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
}

// manifest is what is of use in a manifest or an index.
type manifest struct {
	Manifests []struct {
		Platform *struct{ OS, Architecture, Variant string }
	}
	Config struct{ Digest string }
}

// manifest returns the image's manifest; nil if there is no such image.
func (r ecrRegistry) manifest(ctx context.Context, tag, digest string) (*manifest, error) {
	id := ecrtypes.ImageIdentifier{}
	switch {
	case digest != "":
		id.ImageDigest = aws.String(digest)
	case tag != "":
		id.ImageTag = aws.String(tag)
	default:
		id.ImageTag = aws.String("latest")
	}
	out, err := r.client.BatchGetImage(ctx, &awsecr.BatchGetImageInput{
		RegistryId: aws.String(r.account), RepositoryName: aws.String(r.repository), ImageIds: []ecrtypes.ImageIdentifier{id}, AcceptedMediaTypes: mediaTypes,
	})
	if err != nil || len(out.Images) == 0 {
		return nil, awserr.Wrap(err, "look up image in repository "+r.repository)
	}
	m := &manifest{}
	if err := json.Unmarshal([]byte(aws.ToString(out.Images[0].ImageManifest)), m); err != nil {
		return nil, fmt.Errorf("manifest of an image in repository %s: %w", r.repository, err)
	}
	return m, nil
}

// platforms are those of an index, or the one of an image's configuration.
func (r ecrRegistry) platforms(ctx context.Context, m *manifest) ([]string, error) {
	var all []string
	for _, d := range m.Manifests {
		if d.Platform != nil && d.Platform.OS != "unknown" {
			all = append(all, platform(d.Platform.OS, d.Platform.Architecture, d.Platform.Variant))
		}
	}
	if len(all) > 0 || m.Config.Digest == "" {
		return all, nil
	}
	var config struct{ OS, Architecture, Variant string }
	if err := r.blob(ctx, m.Config.Digest, &config); err != nil {
		return nil, err
	}
	return []string{platform(config.OS, config.Architecture, config.Variant)}, nil
}

// platform joins the parts. Every arm64 is v8 until said otherwise.
func platform(os, architecture, variant string) string {
	if variant == "" || architecture == "arm64" && variant == "v8" {
		return os + "/" + architecture
	}
	return os + "/" + architecture + "/" + variant
}

// mostConfig bounds an image's configuration, in bytes.
const mostConfig = 8 << 20

// blob reads a JSON blob of the repository.
func (r ecrRegistry) blob(ctx context.Context, digest string, into any) error {
	out, err := r.client.GetDownloadUrlForLayer(ctx, &awsecr.GetDownloadUrlForLayerInput{
		RegistryId: aws.String(r.account), RepositoryName: aws.String(r.repository), LayerDigest: aws.String(digest),
	})
	if err != nil {
		return awserr.Wrap(err, "ask for the configuration of an image in repository "+r.repository)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, aws.ToString(out.DownloadUrl), nil)
	if err != nil {
		return errors.New("read the configuration of an image: its address is none") // which is signed, and a secret
	}
	response, err := r.http.Do(request)
	if err != nil {
		return fmt.Errorf("read the configuration of an image in repository %s: %w", r.repository, unsigned(err))
	}
	err = json.NewDecoder(io.LimitReader(response.Body, mostConfig)).Decode(into)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("read the configuration of an image in repository %s: status %s: %w", r.repository, response.Status, err)
	}
	return nil
}

// unsigned takes the address, which is signed, out of an error of the HTTP client.
func unsigned(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}
