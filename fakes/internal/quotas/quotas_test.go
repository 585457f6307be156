// SPDX-License-Identifier: Apache-2.0

package quotas_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotastypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// TestQuotasOfFargate: what is shown is what the simulation keeps to.
func TestQuotasOfFargate(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	ctx, client := t.Context(), awsquotas.NewFromConfig(cloud.Config())
	cloud.Fargate(fakes.FargateLimits{VCPUs: 12})
	got, err := client.GetServiceQuota(ctx, &awsquotas.GetServiceQuotaInput{ServiceCode: aws.String("fargate"), QuotaCode: aws.String("L-3032A538")})
	require.NoError(t, err)
	require.InDelta(t, 12, *got.Quota.Value, 0)
	list, err := client.ListServiceQuotas(ctx, &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("fargate"), MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Len(t, list.Quotas, 1)
	more, err := client.ListServiceQuotas(ctx, &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("fargate"), NextToken: list.NextToken})
	require.NoError(t, err)
	require.Equal(t, "Fargate Spot vCPU resource count", *more.Quotas[0].QuotaName)
	require.Greater(t, *more.Quotas[0].Value, 1000.0, "it has no limit")

	was, err := client.GetAWSDefaultServiceQuota(ctx, &awsquotas.GetAWSDefaultServiceQuotaInput{ServiceCode: aws.String("fargate"), QuotaCode: aws.String("L-3032A538")})
	require.NoError(t, err)
	require.InDelta(t, 6, *was.Quota.Value, 0)
	all, err := client.ListAWSDefaultServiceQuotas(ctx, &awsquotas.ListAWSDefaultServiceQuotasInput{ServiceCode: aws.String("fargate")})
	require.NoError(t, err)
	require.Len(t, all.Quotas, 2)
	services, err := client.ListServices(ctx, &awsquotas.ListServicesInput{})
	require.NoError(t, err)
	require.Len(t, services.Services, 4)
	require.Equal(t, "fargate", *services.Services[2].ServiceCode)

	var missing *quotastypes.NoSuchResourceException
	_, err = client.GetServiceQuota(ctx, &awsquotas.GetServiceQuotaInput{ServiceCode: aws.String("fargate"), QuotaCode: aws.String("L-00000000")})
	require.ErrorAs(t, err, &missing)
	_, err = client.ListServiceQuotas(ctx, &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("moon")})
	require.ErrorAs(t, err, &missing)
}

// TestQuotasAreKept: each quota that is shown is the one at which the simulation stops.
func TestQuotasAreKept(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	ctx, client := t.Context(), awsquotas.NewFromConfig(cloud.Config())
	for _, service := range []string{"ecs", "elasticloadbalancing", "vpc"} {
		list, err := client.ListServiceQuotas(ctx, &awsquotas.ListServiceQuotasInput{ServiceCode: &service})
		require.NoError(t, err)
		require.NotEmpty(t, list.Quotas)
		for _, q := range list.Quotas {
			require.Positive(t, *q.Value, *q.QuotaName)
			require.NoError(t, cloud.Quota(service, *q.QuotaCode, 1))
			got, err := client.GetServiceQuota(ctx, &awsquotas.GetServiceQuotaInput{ServiceCode: &service, QuotaCode: q.QuotaCode})
			require.NoError(t, err)
			require.InDelta(t, 1, *got.Quota.Value, 0)
			was, err := client.GetAWSDefaultServiceQuota(ctx, &awsquotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &service, QuotaCode: q.QuotaCode})
			require.NoError(t, err)
			require.InDelta(t, *q.Value, *was.Quota.Value, 0, "it is the default")
		}
	}
	require.ErrorContains(t, cloud.Quota("ecs", "L-00000000", 1), "quota L-00000000 of ecs is not simulated")

	clusters := awsecs.NewFromConfig(cloud.Config())
	_, err := clusters.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("one")})
	require.NoError(t, err)
	_, err = clusters.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("two")})
	require.ErrorContains(t, err, "limit on the number of clusters")
	_, err = awsec2.NewFromConfig(cloud.Config()).CreateSecurityGroup(ctx, &awsec2.CreateSecurityGroupInput{GroupName: aws.String("g"), Description: aws.String("g")})
	require.ErrorContains(t, err, "SecurityGroupLimitExceeded", "the default one is the one")
}
