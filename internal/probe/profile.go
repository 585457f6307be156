// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const (
	docInstanceRole = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html"
	// instances is who assumes the roles of instances.
	instances = "ec2.amazonaws.com"
)

// InstanceProfile looks up whether an instance profile, by name or ARN, has a role with
// which the agent of an instance may register it in a cluster, by ARN; in none, and so has
// but a role, if that is empty.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
func InstanceProfile(ctx context.Context, c slipway.Call, profile, cluster string) []slipway.Check {
	name := profile[strings.LastIndexByte(profile, '/')+1:]
	subject := "instance profile " + name + " has a role"
	wrong := func(summary, remedy string) []slipway.Check {
		return []slipway.Check{failed(subject, slipway.Cause{
			Code: slipway.NotJoined, Summary: summary, Evidence: []string{"IAM finds none"}, Remedy: remedy, Doc: docInstanceRole,
		})}
	}
	out, err := slipway.Client(c, awsiam.NewFromConfig).GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: &name})
	switch {
	case awserr.Is(err, "NoSuchEntity", "NoSuchEntityException"):
		return wrong("instance profile "+name+" does not exist", "make the instance profile, with a role for instances of ECS")
	case err != nil:
		return []slipway.Check{unanswered(subject, err)}
	case len(out.InstanceProfile.Roles) == 0:
		return wrong("instance profile "+name+" has no role", "add a role for instances of ECS to it")
	}
	role := out.InstanceProfile.Roles[0]
	arn := aws.ToString(role.Arn)
	document, err := url.PathUnescape(aws.ToString(role.AssumeRolePolicyDocument))
	if err != nil {
		return []slipway.Check{unanswered(subject, err)}
	}
	const action = "ecs:RegisterContainerInstance"
	trusted := Trusts("role "+arn+" can be assumed by "+instances, arn, document, instances, c.Account, "")
	if cluster == "" {
		return []slipway.Check{passed(subject), trusted}
	}
	return []slipway.Check{
		passed(subject), trusted,
		Permission(ctx, c, Grant{Role: arn, Action: action, Resource: cluster}, slipway.Cause{
			Code: slipway.NotJoined, Summary: "role " + aws.ToString(role.RoleName) + " may not " + action + " on " + cluster,
			Remedy: "allow the role what the agent needs, as the policy AmazonEC2ContainerServiceforEC2Role does", Doc: docInstanceRole,
		}),
	}
}
