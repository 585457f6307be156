// SPDX-License-Identifier: Apache-2.0

package ssm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func open() *awsssm.Client { return awsssm.NewFromConfig(fakes.New(fakes.Options{}).Config()) }

func put(t *testing.T, client *awsssm.Client, name, value string, kind ssmtypes.ParameterType) *awsssm.PutParameterOutput {
	t.Helper()
	out, err := client.PutParameter(t.Context(), &awsssm.PutParameterInput{
		Name: &name, Value: &value, Type: kind, Overwrite: aws.Bool(true),
	})
	require.NoError(t, err)
	return out
}

func get(t *testing.T, client *awsssm.Client, name string, decrypt bool) string {
	t.Helper()
	out, err := client.GetParameter(t.Context(), &awsssm.GetParameterInput{Name: &name, WithDecryption: &decrypt})
	require.NoError(t, err)
	return *out.Parameter.Value
}

func TestVersionsAndLabels(t *testing.T) {
	t.Parallel()
	client := open()
	put(t, client, "/shop/url", "one", ssmtypes.ParameterTypeString)
	require.Equal(t, int64(2), put(t, client, "/shop/url", "two", ssmtypes.ParameterTypeString).Version)
	_, err := client.LabelParameterVersion(t.Context(), &awsssm.LabelParameterVersionInput{
		Name: aws.String("/shop/url"), ParameterVersion: aws.Int64(1), Labels: []string{"live"},
	})
	require.NoError(t, err)
	for id, want := range map[string]string{
		"/shop/url": "two", "/shop/url:1": "one", "/shop/url:live": "one",
		"arn:aws:ssm:us-east-1:123456789012:parameter/shop/url": "two",
	} {
		require.Equal(t, want, get(t, client, id, false), id)
	}
	_, err = client.GetParameter(t.Context(), &awsssm.GetParameterInput{Name: aws.String("/shop/url:9")})
	var version *ssmtypes.ParameterVersionNotFound
	require.ErrorAs(t, err, &version)
	_, err = client.PutParameter(t.Context(), &awsssm.PutParameterInput{Name: aws.String("/shop/url"), Value: aws.String("x")})
	var exists *ssmtypes.ParameterAlreadyExists
	require.ErrorAs(t, err, &exists)
	history, err := client.GetParameterHistory(t.Context(), &awsssm.GetParameterHistoryInput{Name: aws.String("/shop/url")})
	require.NoError(t, err)
	require.Len(t, history.Parameters, 2)
}

func TestSecureStringsStaySealed(t *testing.T) {
	t.Parallel()
	client := open()
	put(t, client, "password", "hidden", ssmtypes.ParameterTypeSecureString)
	require.NotContains(t, get(t, client, "password", false), "hidden")
	require.Equal(t, "hidden", get(t, client, "password", true))
}

func TestMissingParameters(t *testing.T) {
	t.Parallel()
	client := open()
	put(t, client, "a", "1", ssmtypes.ParameterTypeString)
	out, err := client.GetParameters(t.Context(), &awsssm.GetParametersInput{Names: []string{"a", "b"}})
	require.NoError(t, err)
	require.Len(t, out.Parameters, 1)
	require.Equal(t, []string{"b"}, out.InvalidParameters)
	_, err = client.GetParameter(t.Context(), &awsssm.GetParameterInput{Name: aws.String("b")})
	var missing *ssmtypes.ParameterNotFound
	require.ErrorAs(t, err, &missing)
	deleted, err := client.DeleteParameters(t.Context(), &awsssm.DeleteParametersInput{Names: []string{"a", "b"}})
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, deleted.DeletedParameters)
}

func TestPathsArePaged(t *testing.T) {
	t.Parallel()
	client := open()
	for i := range 12 {
		put(t, client, fmt.Sprintf("/shop/p%02d", i), "v", ssmtypes.ParameterTypeString)
	}
	put(t, client, "/shop/deep/p", "v", ssmtypes.ParameterTypeString)
	for recursive, want := range map[bool]int{false: 12, true: 13} {
		pages := awsssm.NewGetParametersByPathPaginator(client, &awsssm.GetParametersByPathInput{
			Path: aws.String("/shop"), Recursive: &recursive,
		})
		count := 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Parameters), 10)
			count += len(page.Parameters)
		}
		require.Equal(t, want, count, "recursive: %t", recursive)
	}
}

func TestPublicImages(t *testing.T) {
	t.Parallel()
	client := open()
	const name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
	image := get(t, client, name+"/image_id", false)
	require.Regexp(t, "^ami-[0-9a-f]{17}$", image)
	require.Contains(t, get(t, client, name, false), image)
}

func TestRefusedInputs(t *testing.T) {
	t.Parallel()
	client := open()
	for name, c := range map[string]struct {
		in   awsssm.PutParameterInput
		code string
	}{
		"a relative path":      {awsssm.PutParameterInput{Name: aws.String("a/b")}, "ValidationException"},
		"a reserved name":      {awsssm.PutParameterInput{Name: aws.String("/aws/x")}, "AccessDeniedException"},
		"too many levels":      {awsssm.PutParameterInput{Name: aws.String(strings.Repeat("/a", 16))}, "HierarchyLevelLimitExceededException"},
		"too big for the tier": {awsssm.PutParameterInput{Name: aws.String("a"), Value: aws.String(strings.Repeat("x", 4097))}, "ValidationException"},
		"against its pattern":  {awsssm.PutParameterInput{Name: aws.String("a"), AllowedPattern: aws.String("^[0-9]+$")}, "ParameterPatternMismatchException"},
	} {
		if c.in.Value == nil {
			c.in.Value = aws.String("v")
		}
		c.in.Type = ssmtypes.ParameterTypeString
		_, err := client.PutParameter(t.Context(), &c.in)
		var api smithy.APIError
		require.ErrorAs(t, err, &api, name)
		require.Equal(t, c.code, api.ErrorCode(), name)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	client := open()
	put(t, client, "a", "1", ssmtypes.ParameterTypeString)
	_, err := client.AddTagsToResource(t.Context(), &awsssm.AddTagsToResourceInput{
		ResourceId: aws.String("a"), ResourceType: ssmtypes.ResourceTypeForTaggingParameter,
		Tags: []ssmtypes.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	})
	require.NoError(t, err)
	out, err := client.DescribeParameters(t.Context(), &awsssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("tag:team"), Values: []string{"shop"}}},
	})
	require.NoError(t, err)
	require.Len(t, out.Parameters, 1)
}
