// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/policy"
)

func allowing(action string) *string {
	return aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":"*"}]}`, action))
}

func TestManagedPolicyVersions(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	made, err := client.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: allowing("s3:*")})
	require.NoError(t, err)
	arn := made.Policy.Arn
	require.Equal(t, "arn:aws:iam::123456789012:policy/p", *arn)
	_, err = client.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: allowing("s3:*")})
	require.Equal(t, "A policy called P already exists. Duplicate names are not allowed.", answer(t, err).ErrorMessage())

	for i := 2; i <= 5; i++ {
		out, err := client.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{
			PolicyArn: arn, PolicyDocument: allowing("ecs:*"), SetAsDefault: i == 3,
		})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("v%d", i), *out.PolicyVersion.VersionId)
	}
	_, err = client.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: allowing("ecr:*")})
	require.Equal(t, "LimitExceeded", answer(t, err).ErrorCode(), "five at most")

	got, err := client.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: arn})
	require.NoError(t, err)
	require.Equal(t, "v3", *got.Policy.DefaultVersionId)
	version, err := client.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")})
	require.NoError(t, err)
	text, err := url.PathUnescape(*version.PolicyVersion.Document)
	require.NoError(t, err)
	require.Contains(t, text, "ecs:*")

	_, err = client.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")})
	require.Equal(t, "Cannot delete the default version of a policy.", answer(t, err).ErrorMessage())
	_, err = client.SetDefaultPolicyVersion(ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
	require.NoError(t, err)
	_, err = client.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})
	require.Contains(t, answer(t, err).ErrorMessage(), "This policy has more than one version.")
	list, err := client.ListPolicyVersions(ctx, &awsiam.ListPolicyVersionsInput{PolicyArn: arn})
	require.NoError(t, err)
	for _, v := range list.Versions {
		if !v.IsDefaultVersion {
			_, err = client.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId})
			require.NoError(t, err)
		}
	}
	_, err = client.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})
	require.NoError(t, err)
	_, err = client.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: arn})
	require.Equal(t, "Policy arn:aws:iam::123456789012:policy/p was not found.", answer(t, err).ErrorMessage())
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	makeRole(t, client, "web", tasksTrust)
	attach := func(arn string) error {
		_, err := client.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: &arn})
		return err
	}
	require.Equal(t, "NoSuchEntity", answer(t, attach("arn:aws:iam::aws:policy/NoSuchPolicy")).ErrorCode())
	require.Equal(t, "InvalidInput", answer(t, attach("arn:aws:s3:::bucket-with-a-long-name")).ErrorCode())
	require.NoError(t, attach(execution))
	require.NoError(t, attach(execution), "a second time changes nothing")
	out, err := client.ListAttachedRolePolicies(ctx, &awsiam.ListAttachedRolePoliciesInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, []iamtypes.AttachedPolicy{
		{PolicyArn: aws.String(execution), PolicyName: aws.String("AmazonECSTaskExecutionRolePolicy")},
	}, out.AttachedPolicies)
	entities, err := client.ListEntitiesForPolicy(ctx, &awsiam.ListEntitiesForPolicyInput{PolicyArn: aws.String(execution)})
	require.NoError(t, err)
	require.Equal(t, "web", *entities.PolicyRoles[0].RoleName)

	for i := range 9 {
		made, err := client.CreatePolicy(ctx, &awsiam.CreatePolicyInput{
			PolicyName: aws.String(fmt.Sprintf("p%d", i)), PolicyDocument: allowing("s3:*"),
		})
		require.NoError(t, err)
		require.NoError(t, attach(*made.Policy.Arn))
	}
	require.Equal(t, "Cannot exceed quota for PoliciesPerRole: 10",
		answer(t, attach("arn:aws:iam::aws:policy/ReadOnlyAccess")).ErrorMessage())
	_, err = client.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{
		RoleName: aws.String("web"), PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess"),
	})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
}

func TestAWSsOwnPoliciesAreWellFormed(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	pages := awsiam.NewListPoliciesPaginator(client, &awsiam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeAws, MaxItems: aws.Int32(7)})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, p := range page.Policies {
			version, err := client.GetPolicyVersion(t.Context(), &awsiam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId})
			require.NoError(t, err)
			text, err := url.PathUnescape(*version.PolicyVersion.Document)
			require.NoError(t, err)
			for _, f := range policy.CheckText(text, policy.Identity) {
				require.Contains(t, f.Text, "Vendor *", *p.Arn, "ReadOnlyAccess is an approximation")
			}
			count++
		}
	}
	require.Greater(t, count, 10)
	_, err := client.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: aws.String(execution)})
	require.Equal(t, "AccessDenied", answer(t, err).ErrorCode(), "AWS's own")
}

func TestInstanceProfiles(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	name, role := aws.String("p"), aws.String("web")
	makeRole(t, client, "web", tasksTrust)
	_, err := client.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
	_, err = client.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: name})
	require.Equal(t, "Instance Profile p already exists.", answer(t, err).ErrorMessage())
	in := &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role}
	_, err = client.AddRoleToInstanceProfile(ctx, in)
	require.NoError(t, err)
	_, err = client.AddRoleToInstanceProfile(ctx, in)
	require.Equal(t, "LimitExceeded", answer(t, err).ErrorCode())
	got, err := client.GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
	require.Equal(t, "web", *got.InstanceProfile.Roles[0].RoleName)
	list, err := client.ListInstanceProfilesForRole(ctx, &awsiam.ListInstanceProfilesForRoleInput{RoleName: role})
	require.NoError(t, err)
	require.Len(t, list.InstanceProfiles, 1)
	_, err = client.DeleteInstanceProfile(ctx, &awsiam.DeleteInstanceProfileInput{InstanceProfileName: name})
	require.Equal(t, "DeleteConflict", answer(t, err).ErrorCode())
	_, err = client.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: role})
	require.NoError(t, err)
	_, err = client.DeleteInstanceProfile(ctx, &awsiam.DeleteInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
}

func TestTagsOfInstanceProfiles(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx, name := t.Context(), aws.String("p")
	_, err := client.TagInstanceProfile(ctx, &awsiam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []iamtypes.Tag{}})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
	_, err = client.UntagInstanceProfile(ctx, &awsiam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
	_, err = client.ListInstanceProfileTags(ctx, &awsiam.ListInstanceProfileTagsInput{InstanceProfileName: name})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
	_, err = client.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
	_, err = client.TagInstanceProfile(ctx, &awsiam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []iamtypes.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")},
	}})
	require.NoError(t, err)
	_, err = client.UntagInstanceProfile(ctx, &awsiam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"a"}})
	require.NoError(t, err)
	list, err := client.ListInstanceProfileTags(ctx, &awsiam.ListInstanceProfileTagsInput{InstanceProfileName: name})
	require.NoError(t, err)
	require.Len(t, list.Tags, 1)
	require.Equal(t, "2", *list.Tags[0].Value)
}

func TestServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	create := func(service, suffix string) (*awsiam.CreateServiceLinkedRoleOutput, error) {
		in := &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: &service}
		if suffix != "" {
			in.CustomSuffix = &suffix
		}
		return client.CreateServiceLinkedRole(ctx, in)
	}
	out, err := create("ecs.application-autoscaling.amazonaws.com", "")
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"+
		"AWSServiceRoleForApplicationAutoScaling_ECSService", *out.Role.Arn)
	_, err = create("ecs.application-autoscaling.amazonaws.com", "")
	require.Equal(t, "Service role name AWSServiceRoleForApplicationAutoScaling_ECSService has been taken in this account, "+
		"please try a different suffix.", answer(t, err).ErrorMessage())
	_, err = create("nothing.amazonaws.com", "")
	require.Equal(t, "InvalidInput", answer(t, err).ErrorCode())
	_, err = create("ecs.amazonaws.com", "mine")
	require.Equal(t, "InvalidInput", answer(t, err).ErrorCode())
	_, err = create("autoscaling.amazonaws.com", "mine")
	require.NoError(t, err)

	name := out.Role.RoleName
	_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: name})
	var unmodifiable *iamtypes.UnmodifiableEntityException
	require.ErrorAs(t, err, &unmodifiable, "only AWS may")
	deleted, err := client.DeleteServiceLinkedRole(ctx, &awsiam.DeleteServiceLinkedRoleInput{RoleName: name})
	require.NoError(t, err)
	status, err := client.GetServiceLinkedRoleDeletionStatus(ctx, &awsiam.GetServiceLinkedRoleDeletionStatusInput{
		DeletionTaskId: deleted.DeletionTaskId,
	})
	require.NoError(t, err)
	require.Equal(t, iamtypes.DeletionTaskStatusTypeSucceeded, status.Status)
	_, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: name})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	role := makeRole(t, client, "web", tasksTrust)
	allow(t, client, "web", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}`)
	_, err := client.AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{RoleName: role.RoleName, PolicyArn: aws.String(execution)})
	require.NoError(t, err)
	out, err := client.SimulatePrincipalPolicy(t.Context(), &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: role.Arn, ActionNames: []string{"s3:GetObject", "s3:PutObject", "ecr:BatchGetImage", "ecs:RunTask"},
		ResourceArns: []string{"arn:aws:s3:::b/k"},
	})
	require.NoError(t, err)
	var got []iamtypes.PolicyEvaluationDecisionType
	for _, r := range out.EvaluationResults {
		got = append(got, r.EvalDecision)
	}
	require.Equal(t, []iamtypes.PolicyEvaluationDecisionType{"allowed", "explicitDeny", "allowed", "implicitDeny"}, got)
	require.Equal(t, execution, *out.EvaluationResults[2].MatchedStatements[0].SourcePolicyId)
	_, err = client.SimulatePrincipalPolicy(t.Context(), &awsiam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/gone"), ActionNames: []string{"s3:GetObject"},
	})
	require.Equal(t, "NoSuchEntity", answer(t, err).ErrorCode())
}

// TestSimulationOfSeveralResources: the most restrictive decision is the whole's, and
// what a condition asks for and nobody gave is told.
func TestSimulationOfSeveralResources(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	role := makeRole(t, client, "web", tasksTrust)
	allow(t, client, "web", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"},
		{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:RequestTag/team":"shop"}}}`)
	simulate := func(resources ...string) iamtypes.EvaluationResult {
		out, err := client.SimulatePrincipalPolicy(t.Context(), &awsiam.SimulatePrincipalPolicyInput{
			PolicySourceArn: role.Arn, ActionNames: []string{"s3:GetObject"}, ResourceArns: resources,
		})
		require.NoError(t, err)
		require.Len(t, out.EvaluationResults, 1, "one for an action")
		return out.EvaluationResults[0]
	}
	got := simulate("arn:aws:s3:::a/k", "arn:aws:s3:::b/k")
	require.Equal(t, iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, got.EvalDecision)
	require.Equal(t, []string{"aws:RequestTag/team"}, got.MissingContextValues)
	require.Equal(t, iamtypes.PolicyEvaluationDecisionTypeAllowed, got.ResourceSpecificResults[0].EvalResourceDecision)
	require.Empty(t, got.ResourceSpecificResults[0].MissingContextValues)
	require.Equal(t, "arn:aws:s3:::b/k", *got.ResourceSpecificResults[1].EvalResourceName)
	require.Equal(t, []string{"aws:RequestTag/team"}, got.ResourceSpecificResults[1].MissingContextValues)
	require.Empty(t, simulate().ResourceSpecificResults, "they are for named resources")
}
