// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// BenchmarkCall compares one call answered by the cloud with the same call
// answered by a stub at the same place in the SDK, which returns a fresh output of
// the same size. The budget is a ratio of 1.3.
func BenchmarkCall(b *testing.B) {
	cloud := fakes.New(fakes.Options{})
	setup := awsecs.NewFromConfig(cloud.Config())
	_, err := setup.RegisterTaskDefinition(b.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1"),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	})
	require.NoError(b, err)
	in := &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")}
	out, err := setup.DescribeTaskDefinition(b.Context(), in)
	require.NoError(b, err)

	b.Run("fake", func(b *testing.B) {
		client := awsecs.NewFromConfig(cloud.Config())
		for b.Loop() {
			if _, err := client.DescribeTaskDefinition(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stub", func(b *testing.B) {
		cfg := cloud.Config()
		cfg.APIOptions = []func(*middleware.Stack) error{stub(out)}
		client := awsecs.NewFromConfig(cfg)
		for b.Loop() {
			if _, err := client.DescribeTaskDefinition(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// stub answers every call with a fresh copy of out.
func stub(out *awsecs.DescribeTaskDefinitionOutput) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		answer := middleware.DeserializeMiddlewareFunc("Stub", func(
			context.Context, middleware.DeserializeInput, middleware.DeserializeHandler,
		) (middleware.DeserializeOutput, middleware.Metadata, error) {
			return middleware.DeserializeOutput{Result: fakes.DeepCopy(out)}, middleware.Metadata{}, nil
		})
		return stack.Deserialize.Insert(answer, "OperationDeserializer", middleware.Before)
	}
}

// BenchmarkNew is the cost of one cloud a test.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		fakes.New(fakes.Options{})
	}
}
