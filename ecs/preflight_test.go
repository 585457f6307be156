// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

const existingRole = "arn:aws:iam::123456789012:role/execution"

// hangar is a cloud with all that the service about to be made needs.
type hangar struct {
	clinic
	certificate string
}

func newHangar(t *testing.T) *hangar {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	h := &hangar{clinic: clinic{T: t, cloud: cloud, network: vpc.Default()}}
	stored(t, cloud)
	var err error
	h.image, err = ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(anImage(t)), ecr.Tags("1"))
	require.NoError(t, err)
	h.certificate = h.certified("shop.example.com", "*.shop.example.com")
	roles := awsiam.NewFromConfig(cloud.Config())
	h.must(roles.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("execution"), AssumeRolePolicyDocument: aws.String(trusting("ecs-tasks.amazonaws.com"))}))
	h.allows(`"Action":"*"`)
	h.must(awslogs.NewFromConfig(cloud.Config()).CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("shared")}))
	return h
}

func trusting(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

// allows gives the execution role a policy.
func (h *hangar) allows(actions string) {
	h.must(awsiam.NewFromConfig(h.cloud.Config()).PutRolePolicy(h.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("execution"), PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",` + actions + `}]}`),
	}))
}

func (h *hangar) certified(name string, more ...string) string {
	out, err := awsacm.NewFromConfig(h.cloud.Config()).RequestCertificate(h.Context(), &awsacm.RequestCertificateInput{
		DomainName: &name, SubjectAlternativeNames: more, ValidationMethod: acmtypes.ValidationMethodDns,
	})
	require.NoError(h, err)
	return *out.CertificateArn
}

// stack is what is about to be applied.
func (h *hangar) stack() slipway.Stack {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", h.image).WithPort(http).WithLogging(ecs.AWSLogs{Group: ecs.LogGroupNamed("shared")}).
		WithSecret("DB", ecs.SecretsManager("shop/db")).WithSecret("KEY", ecs.SSMParameter("/shop/key"))
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU, 2*ecs.GiB).WithContainer(app).WithExecutionRole(iam.RoleARN(existingRole))
	balancer := elb.NewApplication("shop", vpc.Default()).WithHTTPS(h.certificate)
	return slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"), task, h.network).WithCount(2).
		WithRoute(balancer.Route("/*").WithHost("www.shop.example.com"), app, http))
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		breaks func(h *hangar)
		want   slipway.CauseCode
		text   string
	}{
		{"the image is gone", func(h *hangar) {
			h.must(awsecr.NewFromConfig(h.cloud.Config()).BatchDeleteImage(h.Context(), &awsecr.BatchDeleteImageInput{
				RepositoryName: aws.String("web"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String("1")}},
			}))
		}, slipway.ImageMissing, "repository web has no image"},
		{"the image is for another architecture", func(h *hangar) { h.arm() }, slipway.WrongArchitecture, "is for linux/arm64"},
		{"the role is gone", func(h *hangar) {
			client := awsiam.NewFromConfig(h.cloud.Config())
			h.must(client.DeleteRolePolicy(h.Context(), &awsiam.DeleteRolePolicyInput{RoleName: aws.String("execution"), PolicyName: aws.String("all")}))
			h.must(client.DeleteRole(h.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("execution")}))
		}, slipway.RoleNotAssumable, "does not exist"},
		{"the role trusts another service", func(h *hangar) {
			h.must(awsiam.NewFromConfig(h.cloud.Config()).UpdateAssumeRolePolicy(h.Context(), &awsiam.UpdateAssumeRolePolicyInput{
				RoleName: aws.String("execution"), PolicyDocument: aws.String(trusting("ec2.amazonaws.com")),
			}))
		}, slipway.RoleNotAssumable, "does not trust ecs-tasks.amazonaws.com"},
		{"the secret is gone", func(h *hangar) {
			h.must(awssm.NewFromConfig(h.cloud.Config()).DeleteSecret(h.Context(), &awssm.DeleteSecretInput{SecretId: aws.String("shop/db"), ForceDeleteWithoutRecovery: aws.Bool(true)}))
		}, slipway.SecretMissing, "shop/db"},
		{"the secret is denied", func(h *hangar) { h.allows(`"NotAction":"secretsmanager:*"`) }, slipway.SecretDenied, "secretsmanager:GetSecretValue"},
		{"the parameter is gone", func(h *hangar) {
			h.must(awsssm.NewFromConfig(h.cloud.Config()).DeleteParameter(h.Context(), &awsssm.DeleteParameterInput{Name: aws.String("/shop/key")}))
		}, slipway.ParameterMissing, "/shop/key"},
		{"the parameter is denied", func(h *hangar) { h.allows(`"NotAction":"ssm:*"`) }, slipway.ParameterDenied, "ssm:GetParameters"},
		{"the log group is gone", func(h *hangar) {
			h.must(awslogs.NewFromConfig(h.cloud.Config()).DeleteLogGroup(h.Context(), &awslogs.DeleteLogGroupInput{LogGroupName: aws.String("shared")}))
		}, slipway.LogGroupMissing, "shared"},
		{"logs are denied", func(h *hangar) { h.allows(`"NotAction":"logs:*"`) }, slipway.LogsDenied, "logs:CreateLogStream"},
		{"the pull is denied", func(h *hangar) { h.allows(`"NotAction":"ecr:BatchGetImage"`) }, slipway.PullDenied, "ecr:BatchGetImage"},
		{"no token", func(h *hangar) { h.allows(`"NotAction":"ecr:GetAuthorizationToken"`) }, slipway.PullDenied, "ecr:GetAuthorizationToken"},
		{"the secret's policy denies it", func(h *hangar) {
			h.secretPolicy(`{"Effect":"Deny","Principal":{"AWS":"` + existingRole + `"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}`)
		}, slipway.SecretDenied, "the policy of"},
		{"the secret's key is denied", func(h *hangar) {
			h.must(awssm.NewFromConfig(h.cloud.Config()).UpdateSecret(h.Context(), &awssm.UpdateSecretInput{SecretId: aws.String("shop/db"), KmsKeyId: aws.String("alias/own")}))
			h.allows(`"NotAction":"kms:*"`)
		}, slipway.SecretDenied, "kms:Decrypt"},
		{"the parameter's key is denied", func(h *hangar) {
			h.must(awsssm.NewFromConfig(h.cloud.Config()).PutParameter(h.Context(), &awsssm.PutParameterInput{
				Name: aws.String("/shop/key"), Value: aws.String("k"), Type: ssmtypes.ParameterTypeSecureString, KeyId: aws.String("alias/own"), Overwrite: aws.Bool(true),
			}))
			h.allows(`"NotAction":"kms:*"`)
		}, slipway.ParameterDenied, "kms:Decrypt"},
		{"the certificate is not issued", func(h *hangar) { h.certificate = h.certified("www.shop.test") }, slipway.CertificateMismatch, "PENDING_VALIDATION"},
		{"the certificate is for others", func(h *hangar) { h.certificate = h.certified("example.com") }, slipway.CertificateMismatch, "covers host name www.shop.example.com"},
		{"the certificate is gone", func(h *hangar) {
			h.must(awsacm.NewFromConfig(h.cloud.Config()).DeleteCertificate(h.Context(), &awsacm.DeleteCertificateInput{CertificateArn: &h.certificate}))
		}, slipway.CertificateMismatch, "does not exist"},
		{"no route", func(h *hangar) {
			tables, err := awsec2.NewFromConfig(h.cloud.Config()).DescribeRouteTables(h.Context(), &awsec2.DescribeRouteTablesInput{})
			h.must(tables, err)
			h.must(awsec2.NewFromConfig(h.cloud.Config()).DeleteRoute(h.Context(), &awsec2.DeleteRouteInput{RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0")}))
			h.network = vpc.Default().Private()
		}, slipway.NoRouteToRegistry, "has no route to a gateway"},
		{"no addresses", func(h *hangar) { h.crowd() }, slipway.NoAddress, "free addresses and 2 are needed"},
		{"the quota", func(h *hangar) { h.cloud.Fargate(fakes.FargateLimits{VCPUs: 1}) }, slipway.QuotaExceeded, "the tasks need 2 vCPUs, and the quota is 1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHangar(t)
			report, err := h.stack().Preflight(t.Context(), h.cloud.Config())
			require.NoError(t, err)
			require.NoError(t, report.Err(), "all is well")

			row.breaks(h)
			before := h.cloud.Snapshot()
			report, err = h.stack().Preflight(t.Context(), h.cloud.Config())
			if report == nil {
				require.NoError(t, err)
			}
			require.Equal(t, before, h.cloud.Snapshot(), "it only reads")
			failed := report.Err()
			require.ErrorIs(t, failed, slipway.ErrFailed)
			var e *slipway.PreflightError
			require.ErrorAs(t, failed, &e)
			require.Equal(t, row.want, e.Failed[0].Cause.Code, failed)
			require.ErrorContains(t, failed, row.text)
			require.Contains(t, report.String(), "FAILED")
			require.NotContains(t, report.String(), "postgres://", "the value of a secret")
			for _, c := range e.Failed {
				require.NotEmpty(t, c.Cause.Evidence)
				require.NotEmpty(t, c.Cause.Remedy)
				require.NotEmpty(t, c.ID.Kind)
			}
		})
	}
}

// secretPolicy gives the secret a policy of its own.
func (h *hangar) secretPolicy(statement string) {
	h.must(awssm.NewFromConfig(h.cloud.Config()).PutResourcePolicy(h.Context(), &awssm.PutResourcePolicyInput{
		SecretId: aws.String("shop/db"), ResourcePolicy: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
	}))
}

// TestPreflightFindsNothing: what is unusual but works is no trouble, and can be
// applied.
func TestPreflightFindsNothing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, reason string
		changes      func(h *hangar)
	}{
		{"the quota is what the tasks take", "there is nothing yet beside which they have to run", func(h *hangar) { h.cloud.Fargate(fakes.FargateLimits{VCPUs: 2}) }},
		{"the secret's policy allows it", "in one account that is enough", func(h *hangar) {
			h.allows(`"NotAction":"secretsmanager:*"`)
			h.secretPolicy(`{"Effect":"Allow","Principal":{"AWS":"` + existingRole + `"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}`)
		}},
		{"the repository's policy allows it", "in one account that is enough", func(h *hangar) {
			h.allows(`"NotAction":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]`)
			h.must(awsecr.NewFromConfig(h.cloud.Config()).SetRepositoryPolicy(h.Context(), &awsecr.SetRepositoryPolicyInput{
				RepositoryName: aws.String("web"), PolicyText: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` +
					existingRole + `"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}`),
			}))
		}},
		{"the policy names the secret with its suffix", "the ARN is the one that it has", func(h *hangar) {
			h.must(awsiam.NewFromConfig(h.cloud.Config()).PutRolePolicy(h.Context(), &awsiam.PutRolePolicyInput{
				RoleName: aws.String("execution"), PolicyName: aws.String("all"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Resource":"*","NotAction":"secretsmanager:*"},
				{"Effect":"Allow","Resource":"arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-??????","Action":"secretsmanager:*"}]}`),
			}))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHangar(t)
				row.changes(h)
				report, err := h.stack().Preflight(t.Context(), h.cloud.Config())
				require.NoError(t, err)
				require.NoError(t, report.Err(), row.reason)
				_, err = h.stack().Apply(t.Context(), h.cloud.Config())
				require.NoError(t, err, row.reason)
				report, err = h.stack().Preflight(t.Context(), h.cloud.Config())
				require.NoError(t, err)
				if row.name != "the quota is what the tasks take" { // another task would not fit
					require.NoError(t, report.Err(), row.reason)
				}
				causes, err := ecs.Diagnose(t.Context(), h.cloud.Config(), ecs.ServiceNamed("shop", "web"))
				require.NoError(t, err)
				require.Empty(t, causes)
			})
		})
	}
}

// arm puts an image for arm64 in the place of the one that is there.
func (h *hangar) arm() {
	config, err := anImage(h.T).ConfigFile()
	require.NoError(h, err)
	config.Architecture = "arm64"
	pushed, err := ecr.Push(h.Context(), h.cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(configured(h.T, config)), ecr.Tags("2"))
	require.NoError(h, err)
	h.image = ecs.ImageRef(pushed.ImageReference()) // whose platform nobody knows without asking
}

// crowd moves the service to a subnet that has few addresses left.
func (h *hangar) crowd() {
	client := awsec2.NewFromConfig(h.cloud.Config())
	vpcs, err := client.DescribeVpcs(h.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(h, err)
	subnet, err := client.CreateSubnet(h.Context(), &awsec2.CreateSubnetInput{VpcId: vpcs.Vpcs[0].VpcId, CidrBlock: aws.String("172.31.128.0/28")})
	require.NoError(h, err)
	for range 10 {
		h.must(client.CreateNetworkInterface(h.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: subnet.Subnet.SubnetId}))
	}
	h.network = vpc.Default().WithSubnets(*subnet.Subnet.SubnetId)
}

// TestPreflightOfWhatTheStackMakes: what does not exist yet because the stack makes it
// is no trouble.
func TestPreflightOfWhatTheStackMakes(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack := slipway.NewStack("shop", web(app("nginx:1")))
	report, err := stack.Preflight(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, report.Err(), report)
	_, err = stack.Apply(patience(t), cloud.Config())
	require.NoError(t, err)
	report, err = stack.Preflight(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, report.Err(), "nor is what it has made")
	for _, c := range cloud.Calls() {
		require.NotEqual(t, "GetSecretValue", c.Operation)
	}
}

// TestPreflightOfTheCaller: who lacks a permission is told before it matters, and who
// may not simulate is told that nobody knows.
func TestPreflightOfTheCaller(t *testing.T) {
	t.Parallel()
	stack := slipway.NewStack("shop", web(app("nginx:1")))
	plan, err := stack.Plan(t.Context(), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	preflight := func(policy string) *slipway.Report {
		report, err := stack.Preflight(t.Context(), deployer(t, fakes.New(fakes.Options{}), policy))
		require.NoError(t, err)
		return report
	}
	reads := `{"Effect":"Allow","Resource":"*","Action":["iam:Simulate*","iam:Get*","sts:*","servicequotas:*"]}`
	enough := strings.Replace(plan.Policy(), `"Statement": [`, `"Statement": [`+reads+",", 1)
	report := preflight(enough)
	require.NoError(t, report.Err(), report)
	require.Contains(t, report.String(), "ok       the caller may")

	less := strings.Replace(enough, "ecs:CreateService", "ecs:Nothing", 1)
	report = preflight(less)
	var e *slipway.PreflightError
	require.ErrorAs(t, report.Err(), &e)
	require.Len(t, e.Failed, 1)
	require.Equal(t, slipway.NotPermitted, e.Failed[0].Cause.Code)
	require.Contains(t, e.Failed[0].Cause.Evidence[0], "implicitDeny of ecs:CreateService")

	guarded := strings.Replace(enough, `"Statement": [`, `"Statement": [`+
		`{"Effect":"Deny","Resource":"*","NotAction":["iam:*","sts:*"],"Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}},`, 1)
	require.NoError(t, preflight(guarded).Err(), "the region is the one that is allowed")
	tagged := strings.Replace(enough, `"Statement": [`, `"Statement": [`+
		`{"Effect":"Deny","Resource":"*","Action":"ecs:CreateService","Condition":{"StringNotEquals":{"aws:RequestTag/team":"shop"}}},`, 1)
	report = preflight(tagged)
	require.NoError(t, report.Err(), "with what tags is not known")
	require.Contains(t, report.String(), "depend on aws:RequestTag/team")
	forbidden := strings.Replace(enough, `"Statement": [`, `"Statement": [{"Effect":"Deny","Resource":"*","Action":"ecs:CreateService"},`, 1)
	require.ErrorContains(t, preflight(forbidden).Err(), "explicitDeny of ecs:CreateService")

	blind := strings.Replace(enough, "iam:Simulate*", "iam:Nothing", 1)
	report = preflight(blind)
	require.NoError(t, report.Err(), "what is not known is no failure")
	require.Contains(t, report.String(), "AccessDenied")
}

// Before anything is changed: is what the stack needs there?
func ExampleStack_preflight() {
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).
		WithContainer(ecs.NewContainer("work", ecs.ImageRef("worker:1")).WithSecret("DB", ecs.SecretsManager("shop/db")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
	cloud := fakes.New(fakes.Options{})
	report, err := slipway.NewStack("shop", worker).Preflight(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Checks {
		if c.Cause != nil {
			fmt.Println(c.ID, c.Cause.Code)
			fmt.Println(c.Cause.Remedy)
		}
	}
	// Output:
	// ecs:TaskDefinition/worker secret-missing
	// make the secret, or correct the reference; the ARN ends in six random characters
}
