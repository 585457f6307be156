// SPDX-License-Identifier: Apache-2.0

package preserve_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/preserve"
)

const stored = `{"taskDefinition": {"family": "web", "revision": 3, "newMember": {"size": 12345678901234567890, "on": true},
	"containerDefinitions": [{"name": "app", "image": "web:1", "cpu": 0, "newOfContainer": ["a"]}]}}`

// TestRoundTrip: what the client does not know survives, over real HTTP, and what was
// changed stays changed.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	var registered map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "RegisterTaskDefinition") {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(body, &registered)
			}
			if err != nil || int64(len(body)) != r.ContentLength {
				w.WriteHeader(http.StatusBadRequest)
			}
		}
		_, _ = io.WriteString(w, stored)
	}))
	defer server.Close()
	client := awsecs.New(awsecs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	var kept preserve.Document
	out, err := client.DescribeTaskDefinition(t.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")},
		awsecs.WithAPIOptions(kept.Read("taskDefinition")))
	require.NoError(t, err)
	require.Equal(t, "web:1", *out.TaskDefinition.ContainerDefinitions[0].Image, "the answer is still read")

	containers := out.TaskDefinition.ContainerDefinitions
	containers[0].Image = aws.String("web:2")
	_, err = client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{Family: aws.String("web"), ContainerDefinitions: containers},
		awsecs.WithAPIOptions(kept.Write("revision")))
	require.NoError(t, err)
	require.NotContains(t, registered, "revision", "which only answers have")
	require.Equal(t, map[string]any{"size": 12345678901234567890.0, "on": true}, registered["newMember"])
	list, ok := registered["containerDefinitions"].([]any)
	require.True(t, ok)
	require.Equal(t, map[string]any{"name": "app", "image": "web:2", "cpu": 0.0, "newOfContainer": []any{"a"}}, list[0])
}

// TestNothingKept: without an answer the request is as the client makes it.
func TestNothingKept(t *testing.T) {
	t.Parallel()
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	client := awsecs.New(awsecs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	var kept preserve.Document
	_, err := client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), ContainerDefinitions: []ecstypes.ContainerDefinition{},
	}, awsecs.WithAPIOptions(kept.Write()))
	require.NoError(t, err)
	require.JSONEq(t, `{"family": "web", "containerDefinitions": []}`, string(body))
}
