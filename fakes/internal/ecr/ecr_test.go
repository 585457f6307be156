// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// account is a cloud with a client and, if asked for, a repository "web".
type account struct {
	*awsecr.Client
	t     *testing.T
	cloud *fakes.Cloud
}

var web = aws.String("web")

func newAccount(t *testing.T) account {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	return account{Client: awsecr.NewFromConfig(cloud.Config()), t: t, cloud: cloud}
}

func withWeb(t *testing.T, change ...func(*awsecr.CreateRepositoryInput)) account {
	t.Helper()
	a := newAccount(t)
	in := &awsecr.CreateRepositoryInput{RepositoryName: web}
	for _, c := range change {
		c(in)
	}
	_, err := a.CreateRepository(t.Context(), in)
	require.NoError(t, err)
	return a
}

// upload puts a blob by the API and returns its digest.
func (a account) upload(content string) v1.Hash {
	a.t.Helper()
	digest, size, err := v1.SHA256(strings.NewReader(content))
	require.NoError(a.t, err)
	begun, err := a.InitiateLayerUpload(a.t.Context(), &awsecr.InitiateLayerUploadInput{RepositoryName: web})
	require.NoError(a.t, err)
	half := size / 2
	for _, part := range [][2]int64{{0, half - 1}, {half, size - 1}} {
		_, err = a.UploadLayerPart(a.t.Context(), &awsecr.UploadLayerPartInput{
			RepositoryName: web, UploadId: begun.UploadId, PartFirstByte: &part[0], PartLastByte: &part[1],
			LayerPartBlob: []byte(content[part[0] : part[1]+1]),
		})
		require.NoError(a.t, err)
	}
	_, err = a.CompleteLayerUpload(a.t.Context(), &awsecr.CompleteLayerUploadInput{
		RepositoryName: web, UploadId: begun.UploadId, LayerDigests: []string{digest.String()},
	})
	var exists *ecrtypes.LayerAlreadyExistsException
	if err != nil {
		require.ErrorAs(a.t, err, &exists)
	}
	return digest
}

// manifest uploads the config and layer of a small image and returns its manifest.
func (a account) manifest(name string) string {
	a.t.Helper()
	config := a.upload(`{"os":"linux","architecture":"amd64","config":{"Labels":{"name":"` + name + `"}}}`)
	layer := a.upload("layer of " + name)
	b, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: config, Size: 1},
		Layers: []v1.Descriptor{{MediaType: types.OCILayer, Digest: layer, Size: 1000}},
	})
	require.NoError(a.t, err)
	return string(b)
}

func (a account) put(manifest, tag string) (string, error) {
	a.t.Helper()
	in := &awsecr.PutImageInput{RepositoryName: web, ImageManifest: &manifest}
	if tag != "" {
		in.ImageTag = &tag
	}
	out, err := a.PutImage(a.t.Context(), in)
	if err != nil {
		return "", err
	}
	return *out.Image.ImageId.ImageDigest, nil
}

// image makes a small image with the tags.
func (a account) image(name string, tags ...string) string {
	a.t.Helper()
	m := a.manifest(name)
	if len(tags) == 0 {
		tags = []string{""}
	}
	var digest string
	for _, tag := range tags {
		var err error
		digest, err = a.put(m, tag)
		require.NoError(a.t, err)
	}
	return digest
}

func (a account) tags() map[string][]string {
	a.t.Helper()
	out, err := a.DescribeImages(a.t.Context(), &awsecr.DescribeImagesInput{RepositoryName: web})
	require.NoError(a.t, err)
	tags := map[string][]string{}
	for _, d := range out.ImageDetails {
		tags[*d.ImageDigest] = d.ImageTags
	}
	return tags
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for i := range 5 {
		_, err := a.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String(fmt.Sprintf("repo-%d", i))})
		require.NoError(t, err)
	}
	var names []string
	pages := awsecr.NewDescribeRepositoriesPaginator(a, &awsecr.DescribeRepositoriesInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, r := range page.Repositories {
			names = append(names, *r.RepositoryName)
			require.Equal(t, "123456789012.dkr.ecr.us-east-1.amazonaws.com/"+*r.RepositoryName, *r.RepositoryUri)
		}
	}
	require.Equal(t, []string{"repo-0", "repo-1", "repo-2", "repo-3", "repo-4"}, names)

	_, err := a.DescribeRepositories(t.Context(), &awsecr.DescribeRepositoriesInput{RepositoryNames: []string{"absent"}})
	var missing *ecrtypes.RepositoryNotFoundException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "The repository with name 'absent' does not exist in the registry with id '123456789012'", *missing.Message)
	_, err = a.DeleteRepository(t.Context(), &awsecr.DeleteRepositoryInput{RepositoryName: aws.String("repo-0")})
	require.NoError(t, err)
}

func TestRegionsAreApart(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	_, err := a.DescribeRepositories(t.Context(), &awsecr.DescribeRepositoriesInput{RepositoryNames: []string{"web"}},
		func(o *awsecr.Options) { o.Region = "eu-west-1" })
	var missing *ecrtypes.RepositoryNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestImages(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	one, two := a.image("one", "v1", "latest"), a.image("two")
	require.Equal(t, map[string][]string{one: {"latest", "v1"}, two: nil}, a.tags())

	manifest := a.manifest("one")
	_, err := a.put(manifest, "v1")
	var same *ecrtypes.ImageAlreadyExistsException
	require.ErrorAs(t, err, &same, "a push by the API that changes nothing")

	_, err = a.put(a.manifest("two"), "latest")
	require.NoError(t, err)
	require.Equal(t, map[string][]string{one: {"v1"}, two: {"latest"}}, a.tags(), "the tag has moved")

	got, err := a.BatchGetImage(t.Context(), &awsecr.BatchGetImageInput{RepositoryName: web, ImageIds: []ecrtypes.ImageIdentifier{
		{ImageTag: aws.String("v1")}, {ImageTag: aws.String("absent")}, {}, {ImageDigest: aws.String("x")}, {ImageDigest: &one, ImageTag: aws.String("latest")},
	}})
	require.NoError(t, err)
	require.Equal(t, manifest, *got.Images[0].ImageManifest)
	var codes []string
	for _, f := range got.Failures {
		codes = append(codes, string(f.FailureCode))
	}
	require.Equal(t, []string{"ImageNotFound", "MissingDigestAndTag", "InvalidImageDigest", "ImageTagDoesNotMatchDigest"}, codes)

	listed, err := a.ListImages(t.Context(), &awsecr.ListImagesInput{
		RepositoryName: web, Filter: &ecrtypes.ListImagesFilter{TagStatus: ecrtypes.TagStatusUntagged},
	})
	require.NoError(t, err)
	require.Empty(t, listed.ImageIds)

	deleted, err := a.BatchDeleteImage(t.Context(), &awsecr.BatchDeleteImageInput{
		RepositoryName: web, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &one}},
	})
	require.NoError(t, err)
	require.Len(t, deleted.ImageIds, 1)
	require.Equal(t, map[string][]string{two: {"latest"}}, a.tags())
}

func TestManifestNeedsItsParts(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	m := strings.ReplaceAll(a.manifest("one"), "sha256:", "sha256:0")
	_, err := a.put(m, "v1")
	require.Error(t, err, "no such digest")
	absent := "sha256:" + strings.Repeat("0", 64)
	_, err = a.put(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"`+
		string(types.OCIConfigJSON)+`","size":1,"digest":"`+absent+`"},"layers":[]}`, "v1")
	var layers *ecrtypes.LayersNotFoundException
	require.ErrorAs(t, err, &layers)
	_, err = a.put(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"`+
		string(types.OCIManifestSchema1)+`","size":1,"digest":"`+absent+`"}]}`, "v1")
	var images *ecrtypes.ReferencedImagesNotFoundException
	require.ErrorAs(t, err, &images)
}

func TestImmutableTags(t *testing.T) {
	t.Parallel()
	filter := []ecrtypes.ImageTagMutabilityExclusionFilter{{Filter: aws.String("dev-*"), FilterType: ecrtypes.ImageTagMutabilityExclusionFilterTypeWildcard}}
	for _, test := range []struct {
		mode    ecrtypes.ImageTagMutability
		filters []ecrtypes.ImageTagMutabilityExclusionFilter
		stays   map[string]bool
	}{
		{ecrtypes.ImageTagMutabilityMutable, nil, map[string]bool{"v1": false, "dev-1": false}},
		{ecrtypes.ImageTagMutabilityImmutable, nil, map[string]bool{"v1": true, "dev-1": true}},
		{ecrtypes.ImageTagMutabilityImmutableWithExclusion, filter, map[string]bool{"v1": true, "dev-1": false}},
		{ecrtypes.ImageTagMutabilityMutableWithExclusion, filter, map[string]bool{"v1": false, "dev-1": true}},
	} {
		t.Run(string(test.mode), func(t *testing.T) {
			t.Parallel()
			a := withWeb(t)
			_, err := a.PutImageTagMutability(t.Context(), &awsecr.PutImageTagMutabilityInput{
				RepositoryName: web, ImageTagMutability: test.mode, ImageTagMutabilityExclusionFilters: test.filters,
			})
			require.NoError(t, err)
			a.image("one", "v1", "dev-1")
			two := a.manifest("two")
			for tag, stays := range test.stays {
				_, err := a.put(two, tag)
				if !stays {
					require.NoError(t, err, tag)
					continue
				}
				var exists *ecrtypes.ImageTagAlreadyExistsException
				require.ErrorAs(t, err, &exists, tag)
				require.Contains(t, *exists.Message, "cannot be overwritten because the tag is immutable")
			}
		})
	}
}

func TestUploadsAreChecked(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	begun, err := a.InitiateLayerUpload(t.Context(), &awsecr.InitiateLayerUploadInput{RepositoryName: web})
	require.NoError(t, err)
	part := func(first, last int64) error {
		_, err := a.UploadLayerPart(t.Context(), &awsecr.UploadLayerPartInput{
			RepositoryName: web, UploadId: begun.UploadId, PartFirstByte: &first, PartLastByte: &last, LayerPartBlob: []byte("abc"),
		})
		return err
	}
	complete := func() error {
		_, err := a.CompleteLayerUpload(t.Context(), &awsecr.CompleteLayerUploadInput{
			RepositoryName: web, UploadId: begun.UploadId, LayerDigests: []string{"sha256:" + strings.Repeat("0", 64)},
		})
		return err
	}
	var empty *ecrtypes.EmptyUploadException
	require.ErrorAs(t, complete(), &empty)
	var part1 *ecrtypes.InvalidLayerPartException
	require.ErrorAs(t, part(1, 3), &part1, "it leaves a gap")
	require.NoError(t, part(0, 2))
	var layer *ecrtypes.InvalidLayerException
	require.ErrorAs(t, complete(), &layer, "another digest")
}

func TestTags(t *testing.T) {
	t.Parallel()
	a := withWeb(t, func(in *awsecr.CreateRepositoryInput) {
		in.Tags = []ecrtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
	})
	arn := aws.String("arn:aws:ecr:us-east-1:123456789012:repository/web")
	_, err := a.TagResource(t.Context(), &awsecr.TagResourceInput{ResourceArn: arn, Tags: []ecrtypes.Tag{{Key: aws.String("b"), Value: aws.String("2")}}})
	require.NoError(t, err)
	_, err = a.UntagResource(t.Context(), &awsecr.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	out, err := a.ListTagsForResource(t.Context(), &awsecr.ListTagsForResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	require.Equal(t, []ecrtypes.Tag{{Key: aws.String("b"), Value: aws.String("2")}}, out.Tags)
}

const untaggedRule = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":2},` +
	`"action":{"type":"expire"}}]}`

func TestLifecycle(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	_, err := a.GetLifecyclePolicy(t.Context(), &awsecr.GetLifecyclePolicyInput{RepositoryName: web})
	var none *ecrtypes.LifecyclePolicyNotFoundException
	require.ErrorAs(t, err, &none)
	tagged, untagged := a.image("one", "v1"), a.image("two")
	_, err = a.PutLifecyclePolicy(t.Context(), &awsecr.PutLifecyclePolicyInput{RepositoryName: web, LifecyclePolicyText: aws.String(untaggedRule)})
	require.NoError(t, err)
	a.cloud.Advance(36 * time.Hour)
	require.Contains(t, a.tags(), untagged, "it is too young")

	_, err = a.StartLifecyclePolicyPreview(t.Context(), &awsecr.StartLifecyclePolicyPreviewInput{
		RepositoryName: web, LifecyclePolicyText: aws.String(strings.Replace(untaggedRule, "Number\":2", "Number\":1", 1)),
	})
	require.NoError(t, err)
	preview, err := a.GetLifecyclePolicyPreview(t.Context(), &awsecr.GetLifecyclePolicyPreviewInput{RepositoryName: web})
	require.NoError(t, err)
	require.Equal(t, int32(1), *preview.Summary.ExpiringImageTotalCount)
	require.Equal(t, untagged, *preview.PreviewResults[0].ImageDigest)
	require.Contains(t, a.tags(), untagged, "a preview does nothing")

	a.cloud.Advance(24 * time.Hour)
	require.Equal(t, map[string][]string{tagged: {"v1"}}, a.tags(), "it has expired")
}

func TestScan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := withWeb(t, func(in *awsecr.CreateRepositoryInput) {
			in.ImageScanningConfiguration = &ecrtypes.ImageScanningConfiguration{ScanOnPush: true}
		})
		a.image("one", "v1")
		id := &ecrtypes.ImageIdentifier{ImageTag: aws.String("v1")}
		waiter := awsecr.NewImageScanCompleteWaiter(a)
		in := &awsecr.DescribeImageScanFindingsInput{RepositoryName: web, ImageId: id}
		require.NoError(t, waiter.Wait(t.Context(), in, time.Minute), "the SDK's own waiter ends")
		_, err := a.StartImageScan(t.Context(), &awsecr.StartImageScanInput{RepositoryName: web, ImageId: id})
		require.NoError(t, err)
		require.NoError(t, waiter.Wait(t.Context(), in, time.Minute))
	})
}

func TestDownload(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	digest := a.upload("some layer").String()
	out, err := a.GetDownloadUrlForLayer(t.Context(), &awsecr.GetDownloadUrlForLayerInput{RepositoryName: web, LayerDigest: &digest})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, *out.DownloadUrl, nil)
	require.NoError(t, err)
	request.Header.Set("Range", "bytes=5-9")
	response, err := a.cloud.Config().HTTPClient.Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusPartialContent, response.StatusCode)
	require.Equal(t, "layer", string(body))
}
