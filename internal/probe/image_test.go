// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/probe"
)

const registry = account + ".dkr.ecr." + region + ".amazonaws.com/"

// push puts an image of that architecture into the repository web.
func (s site) push(tag, architecture string) (digest string) {
	s.Helper()
	client := awsecr.NewFromConfig(s.cloud.Config())
	config := s.blob(client, `{"architecture":"`+architecture+`","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}`)
	const kind = "application/vnd.oci.image.manifest.v1+json"
	out, err := client.PutImage(s.Context(), &awsecr.PutImageInput{
		RepositoryName: aws.String("web"), ImageTag: &tag, ImageManifestMediaType: aws.String(kind),
		ImageManifest: aws.String(`{"schemaVersion":2,"mediaType":"` + kind + `","config":{"mediaType":"application/vnd.oci.image.config.v1+json",` + config + `},"layers":[]}`),
	})
	require.NoError(s, err)
	return *out.Image.ImageId.ImageDigest
}

// blob uploads a blob, and returns its size and digest as a descriptor has them.
func (s site) blob(client *awsecr.Client, content string) string {
	s.Helper()
	sum := sha256.Sum256([]byte(content))
	digest := "sha256:" + hex.EncodeToString(sum[:])
	begun, err := client.InitiateLayerUpload(s.Context(), &awsecr.InitiateLayerUploadInput{RepositoryName: aws.String("web")})
	require.NoError(s, err)
	s.must(client.UploadLayerPart(s.Context(), &awsecr.UploadLayerPartInput{
		RepositoryName: aws.String("web"), UploadId: begun.UploadId, PartFirstByte: aws.Int64(0), PartLastByte: aws.Int64(int64(len(content) - 1)), LayerPartBlob: []byte(content),
	}))
	s.must(client.CompleteLayerUpload(s.Context(), &awsecr.CompleteLayerUploadInput{
		RepositoryName: aws.String("web"), UploadId: begun.UploadId, LayerDigests: []string{digest},
	}))
	return `"size":` + strconv.Itoa(len(content)) + `,"digest":"` + digest + `"`
}

func TestImages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(awsecr.NewFromConfig(s.cloud.Config()).CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")}))
	digest := s.push("1", "amd64")
	s.push("arm", "arm64")
	for _, test := range []struct {
		name, ref, platform string
		want                want
	}{
		{"by its tag", registry + "web:1", "linux/amd64", want{}},
		{"by its digest", registry + "web@" + digest, "linux/amd64", want{}},
		{"by both", registry + "web:1@" + digest, "linux/amd64", want{}},
		{"for another platform", registry + "web:arm", "linux/amd64", want{code: slipway.WrongArchitecture, summary: "is for linux/arm64, not for linux/amd64"}},
		{"for any platform", registry + "web:arm", "", want{}},
		{"no such tag", registry + "web:2", "linux/amd64", want{code: slipway.ImageMissing, summary: "repository web has no image 2"}},
		{"no such tag, for any platform", registry + "web:2", "", want{code: slipway.ImageMissing, summary: "repository web has no image 2"}},
		{"the latest", registry + "web", "linux/amd64", want{code: slipway.ImageMissing, summary: "repository web has no image latest"}},
		{"no such digest", registry + "web@sha256:" + strings.Repeat("0", 64), "linux/amd64", want{code: slipway.ImageMissing, summary: "sha256:0000"}},
		{"no such repository", registry + "other:1", "linux/amd64", want{code: slipway.ImageMissing, summary: "there is no repository other"}},
		{"another registry", "nginx:1", "linux/amd64", want{unknown: "is not a private one of Amazon ECR"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.of(t, probe.Image(t.Context(), s.call(), test.ref, test.platform))
		})
	}
	r, private := probe.RepositoryOf(registry + "team/web:1")
	require.True(t, private)
	require.Equal(t, [3]string{account, region, "team/web"}, [3]string{r.Account, r.Region, r.Name})
	_, private = probe.RepositoryOf("public.ecr.aws/nginx/nginx:1")
	require.False(t, private)
}

func TestMachineImages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const prefix = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/"
	for _, test := range []struct {
		name, image, platform string
		want                  want
	}{
		{"x86", prefix + "recommended/image_id", "linux/amd64", want{}},
		{"ARM", prefix + "arm64/recommended/image_id", "linux/arm64", want{}},
		{"no such parameter", prefix + "riscv/recommended/image_id", "", want{code: slipway.LaunchFailed, summary: "parameter /aws/service/ecs"}},
		{"no such image", "ami-00000000000000000", "", want{code: slipway.LaunchFailed, summary: "AMI ami-00000000000000000 does not exist"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check, platform := probe.MachineImage(t.Context(), s.call(), test.image)
			test.want.of(t, check)
			require.Equal(t, test.platform, platform)
		})
	}
}
