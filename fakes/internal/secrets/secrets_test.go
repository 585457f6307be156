// SPDX-License-Identifier: Apache-2.0

package secrets_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/fakes/internal/secrets"
	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const hidden = "correct-horse"

func open(t *testing.T) (*fakes.Cloud, *awssm.Client, *awssm.CreateSecretOutput) {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	client := awssm.NewFromConfig(cloud.Config())
	out, err := client.CreateSecret(t.Context(), &awssm.CreateSecretInput{
		Name: aws.String("shop/db"), SecretString: aws.String(hidden), ClientRequestToken: aws.String("token-of-the-first-version-of-it"),
	})
	require.NoError(t, err)
	return cloud, client, out
}

func get(t *testing.T, client *awssm.Client, in *awssm.GetSecretValueInput) string {
	t.Helper()
	out, err := client.GetSecretValue(t.Context(), in)
	require.NoError(t, err)
	return *out.SecretString
}

func TestNamesAndARNs(t *testing.T) {
	t.Parallel()
	_, client, made := open(t)
	require.Regexp(t, `^arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-[A-Za-z0-9]{6}$`, *made.ARN)
	for name, id := range map[string]string{
		"the name": "shop/db", "the ARN": *made.ARN, "the ARN without its random end": (*made.ARN)[:len(*made.ARN)-7],
	} {
		require.Equal(t, hidden, get(t, client, &awssm.GetSecretValueInput{SecretId: &id}), name)
	}
	_, _, again := open(t)
	require.Equal(t, *made.ARN, *again.ARN, "the end depends on what the secret is")
}

func TestStages(t *testing.T) {
	t.Parallel()
	_, client, _ := open(t)
	id := aws.String("shop/db")
	_, err := client.PutSecretValue(t.Context(), &awssm.PutSecretValueInput{SecretId: id, SecretString: aws.String("second")})
	require.NoError(t, err)
	require.Equal(t, "second", get(t, client, &awssm.GetSecretValueInput{SecretId: id}))
	require.Equal(t, hidden, get(t, client, &awssm.GetSecretValueInput{SecretId: id, VersionStage: aws.String("AWSPREVIOUS")}))
	_, err = client.GetSecretValue(t.Context(), &awssm.GetSecretValueInput{SecretId: id, VersionStage: aws.String("AWSPENDING")})
	var missing *smtypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "Secrets Manager can't find the specified secret value for staging label: AWSPENDING", missing.ErrorMessage())
}

func TestTokensAreIdempotent(t *testing.T) {
	t.Parallel()
	_, client, made := open(t)
	in := &awssm.CreateSecretInput{
		Name: aws.String("shop/db"), SecretString: aws.String(hidden), ClientRequestToken: aws.String("token-of-the-first-version-of-it"),
	}
	again, err := client.CreateSecret(t.Context(), in)
	require.NoError(t, err, "the same create is the same secret")
	require.Equal(t, *made.VersionId, *again.VersionId)
	in.SecretString = aws.String("another")
	_, err = client.CreateSecret(t.Context(), in)
	var exists *smtypes.ResourceExistsException
	require.ErrorAs(t, err, &exists)
	require.NotContains(t, err.Error(), "another", "values never show in errors")
}

func TestDeletionCanBeUndone(t *testing.T) {
	t.Parallel()
	cloud, client, _ := open(t)
	id := aws.String("shop/db")
	_, err := client.DeleteSecret(t.Context(), &awssm.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	_, err = client.GetSecretValue(t.Context(), &awssm.GetSecretValueInput{SecretId: id})
	var refused *smtypes.InvalidRequestException
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.ErrorMessage(), "marked for deletion")
	_, err = client.CreateSecret(t.Context(), &awssm.CreateSecretInput{Name: id})
	require.ErrorAs(t, err, &refused, "the name is still taken")

	_, err = client.RestoreSecret(t.Context(), &awssm.RestoreSecretInput{SecretId: id})
	require.NoError(t, err)
	cloud.Advance(8 * 24 * time.Hour)
	require.Equal(t, hidden, get(t, client, &awssm.GetSecretValueInput{SecretId: id}), "a restored secret stays")

	_, err = client.DeleteSecret(t.Context(), &awssm.DeleteSecretInput{SecretId: id})
	require.NoError(t, err)
	cloud.Advance(31 * 24 * time.Hour)
	_, err = client.DescribeSecret(t.Context(), &awssm.DescribeSecretInput{SecretId: id})
	var missing *smtypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing, "after 30 days it is gone")
}

func TestDeleteByForce(t *testing.T) {
	t.Parallel()
	_, client, _ := open(t)
	in := &awssm.DeleteSecretInput{SecretId: aws.String("shop/db"), ForceDeleteWithoutRecovery: aws.Bool(true)}
	for range 2 {
		_, err := client.DeleteSecret(t.Context(), in)
		require.NoError(t, err, "safe to repeat")
	}
	in.RecoveryWindowInDays = aws.Int64(7)
	_, err := client.DeleteSecret(t.Context(), in)
	var invalid *smtypes.InvalidParameterException
	require.ErrorAs(t, err, &invalid)
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	client := awssm.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for i := range 5 {
		_, err := client.CreateSecret(t.Context(), &awssm.CreateSecretInput{Name: aws.String(fmt.Sprint("s", i))})
		require.NoError(t, err)
	}
	pages := awssm.NewListSecretsPaginator(client, &awssm.ListSecretsInput{MaxResults: aws.Int32(2)})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		count += len(page.SecretList)
	}
	require.Equal(t, 5, count)
}

// TestSecretOfTask is what ECS asks of the fake when a task starts.
func TestSecretOfTask(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	fake := secrets.New(s, allowAll{})
	service := fake.Services()[0]
	call := &sim.Call{Sim: s, Region: "us-east-1", Account: s.Account(), Partition: "aws"}
	s.Do(func() {
		out, err := service.Operation("CreateSecret").Call(call, &awssm.CreateSecretInput{
			Name: aws.String("db"), SecretString: aws.String(`{"user":"shop","port":5432}`),
		})
		require.NoError(t, err)
		made, ok := out.(*awssm.CreateSecretOutput)
		require.True(t, ok)
		for suffix, want := range map[string]string{
			":user::": "shop", ":port::": "5432", ":user:AWSCURRENT:": "shop", "": `{"user":"shop","port":5432}`,
		} {
			got, err := fake.Secret("us-east-1", *made.ARN+suffix, sim.Principal{})
			require.NoError(t, err, suffix)
			require.Equal(t, want, got, suffix)
		}
		_, err = fake.Secret("us-east-1", *made.ARN+":password::", sim.Principal{})
		require.EqualError(t, err, "retrieved secret from Secrets Manager did not contain json key password")
		_, err = fake.Secret("us-east-1", "nothing", sim.Principal{})
		require.ErrorContains(t, err, "Secrets Manager can't find the specified secret.")
	})
}

// TestKeyOfSecret: a secret with a key of the account's own needs that key, too.
func TestKeyOfSecret(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"": "", "alias/aws/secretsmanager": "",
		"alias/own": "arn:aws:kms:us-east-1:123456789012:alias/own", "1234": "arn:aws:kms:us-east-1:123456789012:key/1234",
		"arn:aws:kms:us-east-1:123456789012:key/5678": "arn:aws:kms:us-east-1:123456789012:key/5678",
	} {
		cloud := fakes.New(fakes.Options{})
		in := &awssm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x")}
		if key != "" {
			in.KmsKeyId = &key
		}
		_, err := awssm.NewFromConfig(cloud.Config()).CreateSecret(t.Context(), in)
		require.NoError(t, err)
		client := awssm.NewFromConfig(reader(t, cloud, "arn:aws:kms:us-east-1:123456789012:key/another"))
		_, err = client.GetSecretValue(t.Context(), &awssm.GetSecretValueInput{SecretId: in.Name})
		if want == "" {
			require.NoError(t, err, key)
			continue
		}
		require.ErrorContains(t, err, "AccessDeniedException: Access to KMS is not allowed", key)
		client = awssm.NewFromConfig(reader(t, cloud, want))
		_, err = client.GetSecretValue(t.Context(), &awssm.GetSecretValueInput{SecretId: in.Name})
		require.NoError(t, err, key)
	}
}

// reader is somebody who may read secrets, and decrypt with one key.
func reader(t *testing.T, cloud *fakes.Cloud, key string) aws.Config {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	_, _ = client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("reader"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("reader"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Resource":"*","Action":"secretsmanager:*"},{"Effect":"Allow","Resource":"` + key + `","Action":"kms:Decrypt"}]}`),
	})
	require.NoError(t, err)
	return cloud.ConfigAs("reader")
}

type allowAll struct{}

func (allowAll) Authorize(sim.Principal, sim.Access) error { return nil }
func (allowAll) Assume(string, string, string, map[string][]string) (p sim.Principal, err error) {
	return p, nil
}
func (allowAll) HasServiceLinkedRole(string) bool { return true }

func (allowAll) ServiceLinkedRole(service string) string {
	return "arn:aws:iam::123456789012:role/" + service
}
