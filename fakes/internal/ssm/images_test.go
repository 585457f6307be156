// SPDX-License-Identifier: Apache-2.0

package ssm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// TestPublicParametersNameImages: each documented parameter holds the id of an image that EC2 knows, of
// the architecture that its name says.
func TestPublicParametersNameImages(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	params, images := awsssm.NewFromConfig(cloud.Config()), awsec2.NewFromConfig(cloud.Config())
	const ecs, rocket, linux = "/aws/service/ecs/optimized-ami/", "/aws/service/bottlerocket/", "/aws/service/ami-amazon-linux-latest/"
	ids := map[string]string{}
	for name, arch := range map[string]string{
		ecs + "amazon-linux-2023/recommended/image_id":                "x86_64",
		ecs + "amazon-linux-2023/arm64/recommended/image_id":          "arm64",
		ecs + "amazon-linux-2023/gpu/recommended/image_id":            "x86_64",
		ecs + "amazon-linux-2023/neuron/recommended/image_id":         "x86_64",
		ecs + "amazon-linux-2/recommended/image_id":                   "x86_64",
		ecs + "amazon-linux-2/arm64/recommended/image_id":             "arm64",
		ecs + "amazon-linux-2/gpu/recommended/image_id":               "x86_64",
		ecs + "amazon-linux-2/inf/recommended/image_id":               "x86_64",
		ecs + "amazon-linux-2/kernel-5.10/recommended/image_id":       "x86_64",
		ecs + "amazon-linux-2/kernel-5.10/arm64/recommended/image_id": "arm64",
		rocket + "aws-ecs-2/x86_64/latest/image_id":                   "x86_64",
		rocket + "aws-ecs-2/arm64/latest/image_id":                    "arm64",
		rocket + "aws-ecs-2-nvidia/arm64/latest/image_id":             "arm64",
		rocket + "aws-ecs-1-nvidia/x86_64/latest/image_id":            "x86_64",
		linux + "al2023-ami-kernel-default-x86_64":                    "x86_64",
		linux + "al2023-ami-kernel-default-arm64":                     "arm64",
		linux + "amzn2-ami-hvm-arm64-gp2":                             "arm64",
	} {
		id := get(t, params, name, false)
		require.Regexp(t, "^ami-0[0-9a-f]{16}$", id, name)
		require.Empty(t, ids[id], "%s and %s are two", name, ids[id])
		ids[id] = name
		out, err := images.DescribeImages(t.Context(), &awsec2.DescribeImagesInput{ImageIds: []string{id}})
		require.NoError(t, err, name)
		require.Equal(t, arch, string(out.Images[0].Architecture), name)
	}
	require.Equal(t, get(t, params, ecs+"amazon-linux-2023/recommended/image_id", false),
		get(t, awsssm.NewFromConfig(fakes.New(fakes.Options{Seed: 7}).Config()), ecs+"amazon-linux-2023/recommended/image_id", false), "ids are stable")
	west := awsssm.NewFromConfig(fakes.New(fakes.Options{Region: "eu-west-1"}).Config())
	require.NotContains(t, ids, get(t, west, ecs+"amazon-linux-2023/recommended/image_id", false), "each region has its own")
}

func TestWhatIsPublishedWithAnImage(t *testing.T) {
	t.Parallel()
	client := open()
	const base = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(get(t, client, base, false)), &all))
	for _, key := range []string{"image_id", "image_name", "os", "ecs_agent_version", "ecs_runtime_version"} {
		require.Equal(t, all[key], get(t, client, base+"/"+key, false), key)
	}
	require.Contains(t, get(t, client, "/aws/service/bottlerocket/aws-ecs-2/arm64/latest/image_version", false), ".")
	for _, name := range []string{base + "/nothing", "/aws/service/nothing", "/aws/service/bottlerocket/aws-ecs-2/arm64/latest"} {
		_, err := client.GetParameter(t.Context(), &awsssm.GetParameterInput{Name: &name})
		require.Error(t, err, name)
	}
	var names []string
	pages := awsssm.NewGetParametersByPathPaginator(client, &awsssm.GetParametersByPathInput{Path: aws.String("/aws/service/ecs/optimized-ami/amazon-linux-2023"), Recursive: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, p := range page.Parameters {
			require.True(t, strings.HasPrefix(*p.ARN, "arn:aws:ssm:us-east-1::parameter/aws/service/"), "they are AWS's")
			names = append(names, *p.Name)
		}
	}
	require.Contains(t, names, base+"/image_id")
	require.Contains(t, names, "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended")
	require.IsIncreasing(t, names)
}
