// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/probe"
)

const tasks = "ecs-tasks.amazonaws.com"

func service(name string) string { return trusting(`{"Service":"` + name + `"}`) }

func TestRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.role("tasks", service(tasks), "")
	s.role("instances", service("ec2.amazonaws.com"), "")
	s.role("narrow", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"`+tasks+`"},"Action":"sts:AssumeRole",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:us-east-1:123456789012:*"},"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`, "")
	for _, test := range []struct {
		name, role, source string
		want               want
	}{
		{"trusts tasks", "tasks", "", want{}},
		{"trusts instances", "instances", "", want{code: slipway.RoleNotAssumable, summary: "does not trust " + tasks}},
		{"is not there", "other", "", want{code: slipway.RoleNotAssumable, summary: "does not exist"}},
		{"trusts tasks of the region", "narrow", "arn:aws:ecs:us-east-1:123456789012:*", want{}},
		{"trusts tasks of another region", "narrow", "arn:aws:ecs:eu-central-1:123456789012:*", want{code: slipway.RoleNotAssumable, summary: "does not trust"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.of(t, probe.Role(t.Context(), s.call(), roleARN+test.role, tasks, test.source))
		})
	}
	want{unknown: "EOF"}.of(t, probe.Trusts("x", roleARN+"x", "{", tasks, account, ""))
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.role("reader", service(tasks), `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::shop/*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`)
	own := func(statement string) func() (string, error) {
		return func() (string, error) { return `{"Version":"2012-10-17","Statement":[` + statement + `]}`, nil }
	}
	denied := want{code: slipway.PullDenied, summary: "may not"}
	const (
		object = "arn:aws:s3:::shop/a"
		to     = `"Principal":{"AWS":"` + roleARN + `reader"},"Resource":"*"}`
	)
	for _, test := range []struct {
		name  string
		grant probe.Grant
		want  want
	}{
		{"allowed", probe.Grant{Action: "s3:GetObject", Resource: object}, want{}},
		{"of another resource", probe.Grant{Action: "s3:GetObject", Resource: "arn:aws:s3:::other/a"}, denied},
		{"denied", probe.Grant{Action: "s3:PutObject", Resource: object, Policy: own(`{"Effect":"Allow","Action":"s3:PutObject",` + to)}, denied},
		{"allowed by the resource", probe.Grant{Action: "s3:DeleteObject", Resource: object, Policy: own(`{"Effect":"Allow","Action":"s3:DeleteObject",` + to)}, want{}},
		{"denied by the resource", probe.Grant{Action: "s3:GetObject", Resource: object, Policy: own(`{"Effect":"Deny","Action":"s3:GetObject",` + to)}, denied},
		{"the resource has no policy", probe.Grant{Action: "s3:DeleteObject", Resource: object, Policy: func() (string, error) { return "", nil }}, denied},
		{"its policy is not readable", probe.Grant{Action: "s3:DeleteObject", Resource: object, Policy: func() (string, error) { return "", errors.New("no") }},
			want{unknown: "that of the resource was not read: no"}},
		{"nor does it matter", probe.Grant{Action: "s3:GetObject", Resource: object, Policy: func() (string, error) { return "", errors.New("no") }}, want{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.grant.Role = roleARN + "reader"
			cause := slipway.Cause{Code: slipway.PullDenied, Summary: "the role may not", Remedy: "allow it", Doc: "https://docs.aws.amazon.com/"}
			test.want.of(t, probe.Permission(t.Context(), s.call(), test.grant, cause))
		})
	}
	hidden := probe.Grant{Role: roleARN + "reader", Action: "kms:Decrypt", Resource: ownKey, Hidden: true}
	check := probe.Permission(t.Context(), s.call(), hidden, slipway.Cause{Code: slipway.SecretDenied})
	require.Equal(t, slipway.Likely, check.Cause.Confidence, "the key's own policy may allow it")
}

func TestInstanceProfiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := awsiam.NewFromConfig(s.cloud.Config())
	const cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/shop"
	register := `{"Effect":"Allow","Action":"ecs:RegisterContainerInstance","Resource":"` + cluster + `"}`
	s.role("good", service("ec2.amazonaws.com"), register)
	s.role("poor", service("ec2.amazonaws.com"), "")
	s.role("strange", service(tasks), register)
	for _, name := range []string{"good", "poor", "strange", "empty"} {
		s.must(client.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: &name}))
		if name != "empty" {
			s.must(client.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: aws.String(name)}))
		}
	}
	for _, test := range []struct {
		name, profile, cluster string
		want                   want
	}{
		{"good", "good", cluster, want{}},
		{"by ARN", "arn:aws:iam::123456789012:instance-profile/good", cluster, want{}},
		{"for another cluster", "good", cluster + "2", want{code: slipway.NotJoined, summary: "may not ecs:RegisterContainerInstance"}},
		{"no permission", "poor", cluster, want{code: slipway.NotJoined, summary: "may not ecs:RegisterContainerInstance"}},
		{"for no cluster", "poor", "", want{}},
		{"its role trusts another service", "strange", cluster, want{code: slipway.RoleNotAssumable, summary: "does not trust ec2.amazonaws.com"}},
		{"no role", "empty", cluster, want{code: slipway.NotJoined, summary: "has no role"}},
		{"no profile", "gone", cluster, want{code: slipway.NotJoined, summary: "does not exist"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checks := probe.InstanceProfile(t.Context(), s.call(), test.profile, test.cluster)
			worst := checks[0]
			for _, c := range checks {
				if c.Cause != nil {
					worst = c
				}
			}
			test.want.of(t, worst)
		})
	}
}
