// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	awsPolicyPrefix = "arn:aws:iam::aws:policy/"
	policyOpen      = `{"Version":"2012-10-17","Statement":[`
	policyClose     = `]}`
)

// awsPolicies are the statements of AWS's own managed policies, by path and name
// under [awsPolicyPrefix]. They are AWS's documents, except those in
// approximations.
//
// See https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html.
var awsPolicies = map[string]string{
	"AdministratorAccess": `{"Effect":"Allow","Action":"*","Resource":"*"}`,
	"PowerUserAccess": `{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},
		{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation",
		"account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole",
		"iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}`,
	"ReadOnlyAccess": `{"Effect":"Allow","Action":["*:Describe*","*:Get*","*:List*","*:BatchGet*","*:Lookup*",
		"ecr:BatchCheckLayerAvailability"],"Resource":"*"},
		{"Effect":"Deny","Action":["secretsmanager:GetSecretValue"],"Resource":"*"}`,

	"service-role/AmazonECSTaskExecutionRolePolicy": `{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",
		"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream",
		"logs:PutLogEvents"],"Resource":"*"}`,
	"service-role/AmazonEC2ContainerServiceforEC2Role": `{"Effect":"Allow","Action":["ec2:DescribeTags","ecs:CreateCluster",
		"ecs:DeregisterContainerInstance","ecs:DiscoverPollEndpoint","ecs:Poll","ecs:RegisterContainerInstance",
		"ecs:StartTelemetrySession","ecs:UpdateContainerInstancesState","ecs:Submit*","ecr:GetAuthorizationToken",
		"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream",
		"logs:PutLogEvents"],"Resource":"*"},
		{"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":
		["CreateCluster","RegisterContainerInstance"]}}}`,
	"service-role/AmazonEC2ContainerServiceEventsRole": `{"Effect":"Allow","Action":["ecs:RunTask"],"Resource":["*"]},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":["*"],"Condition":{"StringLike":
		{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}},
		{"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":["RunTask"]}}}`,
	"AmazonEC2ContainerRegistryPullOnly": `{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",
		"ecr:BatchImportUpstreamImage","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":"*"}`,
	"AmazonEC2ContainerRegistryReadOnly": `{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",
		"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories",
		"ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview",
		"ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Resource":"*"}`,
	"AmazonEC2ContainerRegistryPowerUser": `{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",
		"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories",
		"ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview",
		"ecr:ListTagsForResource","ecr:DescribeImageScanFindings","ecr:InitiateLayerUpload","ecr:UploadLayerPart",
		"ecr:CompleteLayerUpload","ecr:PutImage"],"Resource":"*"}`,
	"AmazonEC2ContainerRegistryFullAccess": `{"Effect":"Allow","Action":["ecr:*","cloudtrail:LookupEvents"],"Resource":"*"},
		{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole"],"Resource":"*","Condition":{"StringEquals":
		{"iam:AWSServiceName":["replication.ecr.amazonaws.com"]}}}`,
	"AmazonSSMManagedInstanceCore": `{"Effect":"Allow","Action":["ssm:DescribeAssociation",
		"ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter",
		"ssm:GetParameters","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems",
		"ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus",
		"ssm:UpdateInstanceInformation"],"Resource":"*"},
		{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"},
		{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",
		"ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}`,
	"AmazonS3ReadOnlyAccess": `{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*",
		"s3-object-lambda:List*"],"Resource":"*"}`,
	"AmazonS3FullAccess":       `{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}`,
	"CloudWatchLogsFullAccess": `{"Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery"],"Resource":"*"}`,

	"AmazonECSInfrastructureRolePolicyForLoadBalancers": `{"Sid":"ELBReadOperations","Effect":"Allow","Action":[
		"elasticloadbalancing:DescribeListeners","elasticloadbalancing:DescribeRules",
		"elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeTargetHealth"],"Resource":"*"},
		{"Sid":"TargetGroupOperations","Effect":"Allow","Action":["elasticloadbalancing:RegisterTargets",
		"elasticloadbalancing:DeregisterTargets"],"Resource":"arn:aws:elasticloadbalancing:*:*:targetgroup/*/*"},
		{"Sid":"ALBModifyListeners","Effect":"Allow","Action":"elasticloadbalancing:ModifyListener",
		"Resource":["arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"]},
		{"Sid":"NLBModifyListeners","Effect":"Allow","Action":"elasticloadbalancing:ModifyListener",
		"Resource":["arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*"]},
		{"Sid":"ALBModifyRules","Effect":"Allow","Action":"elasticloadbalancing:ModifyRule",
		"Resource":["arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*"]}`,
	"service-role/AmazonECSInfrastructureRolePolicyForVolumes": `{"Effect":"Allow","Action":["ec2:CreateVolume","ec2:CreateTags",
		"ec2:DescribeVolumes","ec2:DescribeAvailabilityZones","ec2:AttachVolume","ec2:DetachVolume","ec2:DeleteVolume",
		"ec2:DescribeInstances"],"Resource":"*"}`,
	// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForManagedInstances.html
	"AmazonECSInfrastructureRolePolicyForManagedInstances": `{"Effect":"Allow","Action":"ec2:CreateLaunchTemplate",
		"Resource":"arn:aws:ec2:*:*:launch-template/*","Condition":{"StringEquals":{"aws:RequestTag/AmazonECSManaged":"true"}}},
		{"Effect":"Allow","Action":["ec2:CreateLaunchTemplateVersion","ec2:ModifyLaunchTemplate"],
		"Resource":"arn:aws:ec2:*:*:launch-template/*","Condition":{"StringEquals":{"ec2:ManagedResourceOperator":"ecs.amazonaws.com"}}},
		{"Effect":"Allow","Action":"ec2:CreateFleet","Resource":["arn:aws:ec2:*:*:fleet/*","arn:aws:ec2:*:*:instance/*",
		"arn:aws:ec2:*:*:network-interface/*","arn:aws:ec2:*:*:launch-template/*","arn:aws:ec2:*:*:volume/*"],
		"Condition":{"StringEquals":{"aws:RequestTag/AmazonECSManaged":"true"}}},
		{"Effect":"Allow","Action":["ec2:CreateFleet","ec2:RunInstances"],"Resource":["arn:aws:ec2:*:*:subnet/*",
		"arn:aws:ec2:*:*:security-group/*","arn:aws:ec2:*::image/*"]},
		{"Effect":"Allow","Action":"ec2:RunInstances","Resource":["arn:aws:ec2:*:*:instance/*","arn:aws:ec2:*:*:volume/*",
		"arn:aws:ec2:*:*:network-interface/*"],"Condition":{"StringEquals":{"aws:RequestTag/AmazonECSManaged":"true"}}},
		{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:launch-template/*",
		"Condition":{"StringEquals":{"ec2:ResourceTag/AmazonECSManaged":"true"}}},
		{"Effect":"Allow","Action":"ec2:CreateTags","Resource":["arn:aws:ec2:*:*:fleet/*","arn:aws:ec2:*:*:launch-template/*",
		"arn:aws:ec2:*:*:network-interface/*","arn:aws:ec2:*:*:instance/*","arn:aws:ec2:*:*:volume/*"],
		"Condition":{"StringEquals":{"ec2:CreateAction":["CreateFleet","CreateLaunchTemplate","RunInstances"]}}},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/ecsInstanceRole*","Condition":
		{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}},
		{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot*"},
		{"Effect":"Allow","Action":["ec2:DescribeInstances","ec2:DescribeInstanceTypes","ec2:DescribeLaunchTemplates",
		"ec2:DescribeNetworkInterfaces","ec2:DescribeInstanceTypeOfferings","ec2:DescribeAvailabilityZones",
		"ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVpcs"],"Resource":"*"}`,
	// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInstanceRolePolicyForManagedInstances.html
	"AmazonECSInstanceRolePolicyForManagedInstances": `{"Effect":"Allow","Action":"ecs:DiscoverPollEndpoint","Resource":"*"},
		{"Effect":"Allow","Action":"ecs:RegisterContainerInstance","Resource":"arn:aws:ecs:*:*:cluster/*"},
		{"Effect":"Allow","Action":["ecs:Poll","ecs:StartTelemetrySession","ecs:PutSystemLogEvents"],
		"Resource":"arn:aws:ecs:*:*:container-instance/*"},
		{"Effect":"Allow","Action":["ecs:SubmitAttachmentStateChanges","ecs:SubmitTaskStateChange"],
		"Resource":"arn:aws:ecs:*:*:cluster/*"}`,
	"service-role/AmazonECSInfrastructureRoleforExpressGatewayServices": `{"Effect":"Allow","Action":["elasticloadbalancing:*",
		"ec2:AuthorizeSecurityGroup*","ec2:CreateSecurityGroup","ec2:CreateTags","ec2:DeleteSecurityGroup","ec2:Describe*",
		"ec2:RevokeSecurityGroup*","acm:*","application-autoscaling:*","cloudwatch:*","ecs:Describe*","ecs:UpdateService",
		"iam:CreateServiceLinkedRole"],"Resource":"*"}`,
	"AmazonECS_FullAccess": `{"Effect":"Allow","Action":["application-autoscaling:*","cloudwatch:*","ec2:Describe*","ecs:*",
		"elasticloadbalancing:*","iam:ListAttachedRolePolicies","iam:ListInstanceProfiles","iam:ListRoles","logs:*",
		"servicediscovery:*"],"Resource":"*"},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringLike":
		{"iam:PassedToService":["ecs-tasks.amazonaws.com","ecs.amazonaws.com"]}}},
		{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringLike":{"iam:AWSServiceName":
		["autoscaling.amazonaws.com","ecs.amazonaws.com","ecs.application-autoscaling.amazonaws.com","spot.amazonaws.com"]}}}`,
}

// approximations are the policies above that are shorter than AWS's own, and
// broader; GetPolicy says so in the description.
var approximations = []string{
	"ReadOnlyAccess", "AmazonECS_FullAccess", "CloudWatchLogsFullAccess",
	"service-role/AmazonECSInfrastructureRolePolicyForVolumes",
	"service-role/AmazonECSInfrastructureRoleforExpressGatewayServices",
}

// linkedPolicy is the policy of service-linked roles. Services are not held to it.
const linkedPolicy = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// managed finds a managed policy, AWS's own too.
func (f *Fake) managed(arn string) (managedPolicy, bool) {
	if p, ok := f.policies[arn]; ok {
		return p, true
	}
	name, ok := strings.CutPrefix(arn, awsPolicyPrefix)
	if !ok {
		return managedPolicy{}, false
	}
	if statements, ok := awsPolicies[name]; ok {
		return awsPolicy(name, statements), true
	}
	if service, ok := strings.CutPrefix(name, "aws-service-role/"); ok && isLinkedPolicy(service) {
		return awsPolicy(name, linkedPolicy), true
	}
	return managedPolicy{}, false
}

func isLinkedPolicy(name string) bool {
	for _, l := range linkedRoles {
		if l.policy == name {
			return true
		}
	}
	return false
}

func awsPolicy(name, statements string) managedPolicy {
	path := "/" + name[:strings.LastIndexByte(name, '/')+1]
	made := time.Date(2015, time.February, 6, 0, 0, 0, 0, time.UTC)
	p := managedPolicy{
		Policy: iamtypes.Policy{
			Arn: aws.String(awsPolicyPrefix + name), PolicyName: aws.String(nameOf(name)), Path: &path,
			PolicyId: aws.String("ANPA" + strings.ToUpper(nameOf(name))), DefaultVersionId: aws.String("v1"),
			IsAttachable: true, CreateDate: &made, UpdateDate: &made,
		},
		versions: []iamtypes.PolicyVersion{{
			VersionId: aws.String("v1"), IsDefaultVersion: true, CreateDate: &made,
			Document: aws.String(policyOpen + statements + policyClose),
		}},
		aws: true,
	}
	if slices.Contains(approximations, name) || statements == linkedPolicy {
		p.Description = aws.String("Slipway's fake: shorter and broader than AWS's own policy of this name.")
	}
	return p
}

// everyPolicy lists the account's policies and then AWS's own.
func (f *Fake) everyPolicy() []managedPolicy {
	var all []managedPolicy
	for _, arn := range sortedKeys(f.policies) {
		all = append(all, f.policies[arn])
	}
	for _, name := range sortedKeys(awsPolicies) {
		all = append(all, awsPolicy(name, awsPolicies[name]))
	}
	return all
}
