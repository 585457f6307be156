// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// everything is a stack with a thing of each kind.
func everything() slipway.Stack {
	stack, _ := standard().build()
	return stack.With(ecr.NewRepository("web"))
}

// disowners take the marks of ownership off a thing of a kind, as if somebody else
// had made it.
var disowners = map[string]func(ctx context.Context, cfg aws.Config, out map[string][]string) error{
	"ecs:Cluster": disownECS, "ecs:Service": disownECS, "ecs:TaskDefinition": disownECS,
	"elb:LoadBalancer": disownELB, "elb:Listener": disownELB, "elb:ListenerRule": disownELB, "elb:TargetGroup": disownELB,
	"vpc:SecurityGroup": disownEC2, "vpc:SecurityGroupRule": disownEC2,
	"iam:Role": func(ctx context.Context, cfg aws.Config, out map[string][]string) error {
		_, err := awsiam.NewFromConfig(cfg).UntagRole(ctx, &awsiam.UntagRoleInput{RoleName: aws.String(out["name"][0]), TagKeys: marks})
		return err
	},
	"logs:LogGroup": func(ctx context.Context, cfg aws.Config, out map[string][]string) error {
		_, err := awslogs.NewFromConfig(cfg).UntagResource(ctx, &awslogs.UntagResourceInput{ResourceArn: aws.String(out["arn"][0]), TagKeys: marks})
		return err
	},
	"autoscaling:Scaling": func(ctx context.Context, cfg aws.Config, out map[string][]string) error {
		_, err := awsaas.NewFromConfig(cfg).UntagResource(ctx, &awsaas.UntagResourceInput{ResourceARN: aws.String(out["arn"][0]), TagKeys: marks})
		return err
	},
	"ecr:Repository": func(ctx context.Context, cfg aws.Config, out map[string][]string) error {
		_, err := awsecr.NewFromConfig(cfg).UntagResource(ctx, &awsecr.UntagResourceInput{ResourceArn: aws.String(out["arn"][0]), TagKeys: marks})
		return err
	},
}

var marks = []string{slipway.TagStack, slipway.TagResource}

func disownECS(ctx context.Context, cfg aws.Config, out map[string][]string) error {
	_, err := awsecs.NewFromConfig(cfg).UntagResource(ctx, &awsecs.UntagResourceInput{ResourceArn: aws.String(out["arn"][0]), TagKeys: marks})
	return err
}

func disownELB(ctx context.Context, cfg aws.Config, out map[string][]string) error {
	_, err := awselb.NewFromConfig(cfg).RemoveTags(ctx, &awselb.RemoveTagsInput{ResourceArns: out["arn"], TagKeys: marks})
	return err
}

func disownEC2(ctx context.Context, cfg aws.Config, out map[string][]string) error {
	in := &awsec2.DeleteTagsInput{Resources: out["id"]}
	for i := range marks {
		in.Tags = append(in.Tags, ec2types.Tag{Key: &marks[i]})
	}
	_, err := awsec2.NewFromConfig(cfg).DeleteTags(ctx, in)
	return err
}

// TestForeignThingsOfEveryKindAreNotTouched: a thing of a declared name that is
// nobody's stops the plan, which names it, and nothing is begun; Adopt takes it;
// Destroy leaves it alone.
func TestForeignThingsOfEveryKindAreNotTouched(t *testing.T) {
	t.Parallel()
	p, err := everything().Plan(t.Context(), account(t, fakes.Options{}).Config())
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, c := range p.Changes {
		seen[c.ID.Kind] = true
		t.Run(c.ID.String(), func(t *testing.T) {
			t.Parallel()
			cloud := account(t, fakes.Options{})
			result, err := everything().Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			disown, ok := disowners[c.ID.Kind]
			require.True(t, ok, "a way to take the marks off")
			require.NoError(t, disown(t.Context(), cloud.Config(), result.Outputs(c.ID)))

			before := cloud.Snapshot()
			if c.ID.Kind == "elb:ListenerRule" {
				// Rules have no names: somebody else's may say the same.
				_, err = everything().Apply(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.NotContains(t, strings.Join(cloud.Snapshot().Since(before), "\n"), "- ")
				return
			}
			_, err = everything().Apply(t.Context(), cloud.Config())
			require.ErrorIs(t, err, slipway.ErrConflict)
			require.ErrorContains(t, err, c.ID.String()+": conflict: it exists and belongs to no stack")
			require.Empty(t, cloud.Snapshot().Since(before), "nothing was begun")

			_, err = everything().Apply(t.Context(), cloud.Config(), slipway.Adopt(c.ID))
			require.NoError(t, err)
			p, err := everything().Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.True(t, p.Empty(), "%s", p)
		})
	}
	for kind := range disowners {
		require.True(t, seen[kind], kind)
	}
}

// TestPruningOfEveryKind: what a stack no longer declares is deleted, whatever its
// kind.
func TestPruningOfEveryKind(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	empty := cloud.Snapshot()
	result, err := everything().Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	none := slipway.NewStack("shop").WithKinds(everyKind()...)
	p, err := none.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	var made, pruned []slipway.ID
	for _, c := range result.Changes {
		made = append(made, c.ID)
	}
	for _, c := range p.Changes {
		require.Equal(t, slipway.Delete, c.Verb)
		pruned = append(pruned, c.ID)
	}
	require.ElementsMatch(t, made, pruned)
	_, err = none.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	cloud.Advance(forgotten)
	require.Equal(t, linkedRoles, cloud.Snapshot().Since(empty))
}
