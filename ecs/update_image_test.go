// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"encoding/json"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

const wire = "arn:aws:ecs:us-east-1:123456789012:"

// wired are answers of ECS as they come over the wire, with members that no SDK knows.
var wired = map[string]string{
	"DescribeServices": `{"services": [{"serviceName": "web", "status": "ACTIVE", "serviceArn": "` + wire + `service/shop/web",
		"clusterArn": "` + wire + `cluster/shop", "taskDefinition": "` + wire + `task-definition/web:3"}]}`,
	"DescribeTaskDefinition": `{"taskDefinition": {"taskDefinitionArn": "` + wire + `task-definition/web:3", "family": "web", "revision": 3, "status": "ACTIVE",
		"cpu": "256", "memory": "512", "newMember": {"size": 12345678901234567890},
		"containerDefinitions": [{"name": "app", "image": "web:1", "newOfContainer": ["a"], "portMappings": [{"containerPort": 80, "newOfPort": 1}]},
			{"name": "app2", "image": "web:1"}]},
		"tags": [{"key": "team", "value": "shop"}, {"key": "aws:created", "value": "x"}]}`,
	"ListServiceDeployments": `{"serviceDeployments": []}`,
	"RegisterTaskDefinition": `{"taskDefinition": {"taskDefinitionArn": "` + wire + `task-definition/web:4"}}`,
	"UpdateService":          `{"service": {"serviceName": "web", "currentServiceDeployment": "` + wire + `service-deployment/shop/web/2"}}`,
}

// TestUpdateImageKeepsWhatNobodyKnows: over HTTP, as with AWS.
func TestUpdateImageKeepsWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	sent := map[string]string{}
	server := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, err := io.ReadAll(r.Body)
		if err != nil || wired[operation] == "" {
			w.WriteHeader(nethttp.StatusBadRequest)
			return
		}
		sent[operation] = string(body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, wired[operation])
	}))
	defer server.Close()
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	deployment, err := ecs.UpdateImage(t.Context(), cfg, shopWeb, "app", ecs.ImageRef("web@"+digestOfWeb))
	require.NoError(t, err)
	require.Equal(t, wire+"service-deployment/shop/web/2", deployment)
	require.JSONEq(t, `{"family": "web", "cpu": "256", "memory": "512", "newMember": {"size": 12345678901234567890},
		"containerDefinitions": [{"name": "app", "image": "web@`+digestOfWeb+`", "newOfContainer": ["a"], "portMappings": [{"containerPort": 80, "newOfPort": 1}]},
			{"name": "app2", "image": "web:1"}],
		"tags": [{"key": "team", "value": "shop"}]}`, sent["RegisterTaskDefinition"])
	require.Contains(t, sent["RegisterTaskDefinition"], "12345678901234567890", "to the last digit")
	var update map[string]any
	require.NoError(t, json.Unmarshal([]byte(sent["UpdateService"]), &update))
	require.Equal(t, map[string]any{
		"cluster": wire + "cluster/shop", "service": wire + "service/shop/web", "taskDefinition": wire + "task-definition/web:4",
	}, update, "nothing else of the service is touched")
}

const digestOfWeb = "sha256:0123456789012345678901234567890123456789012345678901234567890123"

// TestUpdateImageWithTags: the new revision is still the stack's, and what was registered
// in vain is not left as the newest.
func TestUpdateImageWithTags(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		client := awsecs.NewFromConfig(c.cloud.Config())
		tags := func(revision string) []ecstypes.Tag {
			out, err := client.DescribeTaskDefinition(c.Context(), &awsecs.DescribeTaskDefinitionInput{
				TaskDefinition: &revision, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
			})
			require.NoError(c, err)
			return out.Tags
		}
		c.succeeds(ecs.UpdateImage(c.Context(), c.cloud.Config(), shopWeb, "app", ecs.ImageRef("web:2")))
		require.NotEmpty(c, tags("web:1"))
		require.ElementsMatch(c, tags("web:1"), tags("web:2"))

		c.cloud.Inject(fakes.Match{Service: "ECS", Operation: "RegisterTaskDefinition"}, func(ctx context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			_, err := client.UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: aws.String("shop"), Service: aws.String("web"), TaskDefinition: aws.String("web:1")})
			if err != nil {
				return nil, err
			}
			return next()
		})
		_, err := ecs.UpdateImage(c.Context(), c.cloud.Config(), shopWeb, "app", ecs.ImageRef("web:3"))
		require.ErrorIs(c, err, slipway.ErrConflict)
		require.ErrorContains(c, err, "nothing was changed")
		listed, err := client.ListTaskDefinitions(c.Context(), &awsecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String("web")})
		require.NoError(c, err)
		require.Equal(c, []string{wire + "task-definition/web:1", wire + "task-definition/web:2"}, listed.TaskDefinitionArns)
	})
}
