// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// clients has a client of every service, by the SDK's service ID.
func clients(cfg aws.Config) map[string]any {
	return map[string]any{
		awsacm.ServiceID:       awsacm.NewFromConfig(cfg),
		awsquotas.ServiceID:    awsquotas.NewFromConfig(cfg),
		awsaas.ServiceID:       awsaas.NewFromConfig(cfg),
		awsasg.ServiceID:       awsasg.NewFromConfig(cfg),
		awscw.ServiceID:        awscw.NewFromConfig(cfg),
		awslogs.ServiceID:      awslogs.NewFromConfig(cfg),
		awsec2.ServiceID:       awsec2.NewFromConfig(cfg),
		awsecr.ServiceID:       awsecr.NewFromConfig(cfg),
		awsecs.ServiceID:       awsecs.NewFromConfig(cfg),
		awsefs.ServiceID:       awsefs.NewFromConfig(cfg),
		awsclassic.ServiceID:   awsclassic.NewFromConfig(cfg),
		awselb.ServiceID:       awselb.NewFromConfig(cfg),
		awsiam.ServiceID:       awsiam.NewFromConfig(cfg),
		awsscheduler.ServiceID: awsscheduler.NewFromConfig(cfg),
		awssm.ServiceID:        awssm.NewFromConfig(cfg),
		awssd.ServiceID:        awssd.NewFromConfig(cfg),
		awsssm.ServiceID:       awsssm.NewFromConfig(cfg),
		awssts.ServiceID:       awssts.NewFromConfig(cfg),
	}
}

// invoke calls an operation of a client by its name.
func invoke(ctx context.Context, client any, operation string, in any) (any, error) {
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		return nil, errors.New("no such operation: " + operation)
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := reflect.TypeAssert[error](out[1])
	return out[0].Interface(), err
}

// TestTheSeamOfEveryOperation calls every modelled operation by its own client
// with an empty input: the SDK's validation may refuse it, or the cloud may, or it
// works; but the types fit, and what reaches the cloud is recorded.
func TestTheSeamOfEveryOperation(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	all := clients(cloud.Config())
	services := map[string]bool{}
	for _, m := range cloud.Modelled() {
		services[m.Service] = true
		t.Run(strings.ReplaceAll(m.Service, " ", "")+"."+m.Operation, func(t *testing.T) {
			cloud.ForgetCalls()
			out, err := invoke(t.Context(), all[m.Service], m.Operation, m.Input)
			if _, ok := errors.AsType[smithy.InvalidParamsError](err); ok {
				require.Empty(t, cloud.Calls(), "the SDK refused it, so nothing was sent")
				return
			}
			require.Equal(t, []string{m.Service + "." + m.Operation}, cloud.Calls().Names())
			if err == nil {
				require.False(t, reflect.ValueOf(out).IsNil())
				return
			}
			var response *awshttp.ResponseError
			require.ErrorAs(t, err, &response, "an exception comes as from the network")
			require.NotEmpty(t, response.ServiceRequestID())
			require.GreaterOrEqual(t, response.HTTPStatusCode(), http.StatusBadRequest)
		})
	}
	for id := range all {
		require.True(t, services[id], "%s is not wired", id)
	}
}

// TestRefusedFieldsExist finds misspelt fields among those that are refused.
func TestRefusedFieldsExist(t *testing.T) {
	t.Parallel()
	for _, m := range fakes.New(fakes.Options{}).Modelled() {
		for _, path := range m.Refused {
			typ := reflect.TypeOf(m.Input)
			for name := range strings.SplitSeq(path, ".") {
				for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, typ.Kind()) {
					typ = typ.Elem()
				}
				f, ok := typ.FieldByName(name)
				require.True(t, ok, "%s.%s refuses %s, which does not exist", m.Service, m.Operation, path)
				typ = f.Type
			}
		}
	}
}

func TestWhatIsNotModelledSaysSo(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := awsecs.NewFromConfig(cloud.Config()).CreateTaskSet(t.Context(), &awsecs.CreateTaskSetInput{
		Cluster: aws.String("c"), Service: aws.String("s"), TaskDefinition: aws.String("t"),
	})
	var missing *fakes.NotModelledError
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "operation CreateTaskSet of ECS is not modelled")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", http.NoBody)
	require.NoError(t, err)
	response, err := cloud.Config().HTTPClient.Do(request)
	if response != nil {
		require.NoError(t, response.Body.Close())
	}
	require.ErrorContains(t, err, "example.com is not part of the cloud", "a test never reaches the internet")
}

func TestExceptionsAreTheSDKsOwn(t *testing.T) {
	t.Parallel()
	cfg := fakes.New(fakes.Options{}).Config()

	_, err := awsiam.NewFromConfig(cfg).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("nobody")})
	var noRole *iamtypes.NoSuchEntityException
	require.ErrorAs(t, err, &noRole)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, http.StatusNotFound, response.HTTPStatusCode())
	var operation *smithy.OperationError
	require.ErrorAs(t, err, &operation)
	require.Equal(t, "GetRole", operation.Operation())

	_, err = awsecs.NewFromConfig(cfg).ListServices(t.Context(), &awsecs.ListServicesInput{Cluster: aws.String("none")})
	var noCluster *ecstypes.ClusterNotFoundException
	require.ErrorAs(t, err, &noCluster)
	require.ErrorAs(t, err, &response)
	require.Equal(t, http.StatusBadRequest, response.HTTPStatusCode())
}

func TestFaultsAreRetriedByTheSDK(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault fakes.Interceptor
		calls int
	}{
		{"throttling", fakes.Throttling(), 1},
		{"server error", fakes.ServerError(), 1},
		{"time-out", fakes.TimingOut(), 1},
		{"lost reply", fakes.LostReply(), 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				cloud.Inject(fakes.Match{Service: "STS", Operation: "GetCallerIdentity", Times: 2}, row.fault)
				out, err := awssts.NewFromConfig(cloud.Config()).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
				require.NoError(t, err)
				require.Equal(t, "123456789012", *out.Account)
				require.Len(t, cloud.Calls(), row.calls, "calls that reached the cloud")
			})
		})
	}
}

func TestInterceptorsByOccurrence(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	var order []string
	note := func(name string) fakes.Interceptor {
		return func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			order = append(order, name+" "+r.Operation)
			return next()
		}
	}
	cloud.Inject(fakes.Match{Skip: 1, Times: fakes.Always}, note("outer"))
	cloud.Inject(fakes.Match{Service: "STS", Skip: 2}, note("inner"))
	cloud.Inject(fakes.Match{Service: "ECS", Times: fakes.Always}, note("other"))
	client := awssts.NewFromConfig(cloud.Config())
	for range 4 {
		_, err := client.GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"outer GetCallerIdentity", "outer GetCallerIdentity", "inner GetCallerIdentity", "outer GetCallerIdentity",
	}, order)

	cloud.Inject(fakes.Match{}, fakes.Failing("OptInRequired", "not subscribed"))
	_, err := client.GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "OptInRequired", api.ErrorCode())
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.NotEmpty(t, response.ServiceRequestID())
}

func TestARegionIsThatOfTheClient(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Region: "eu-central-1"})
	here := awsecs.NewFromConfig(cloud.Config())
	there := awsecs.NewFromConfig(cloud.Config(), func(o *awsecs.Options) { o.Region = "eu-west-1" })
	out, err := there.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:ecs:eu-west-1:123456789012:cluster/shop", *out.Cluster.ClusterArn)
	list, err := here.ListClusters(t.Context(), &awsecs.ListClustersInput{})
	require.NoError(t, err)
	require.Empty(t, list.ClusterArns)
}

func TestCopiesInAndOut(t *testing.T) {
	t.Parallel()
	client := awsecs.NewFromConfig(fakes.New(fakes.Options{}).Config())
	in := &awsecs.CreateClusterInput{ClusterName: aws.String("shop"), Tags: []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}
	out, err := client.CreateCluster(t.Context(), in)
	require.NoError(t, err)
	*in.Tags[0].Value, *out.Cluster.ClusterName = "changed", "changed"
	seen, err := client.DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{
		Clusters: []string{"shop"}, Include: []ecstypes.ClusterField{ecstypes.ClusterFieldTags},
	})
	require.NoError(t, err)
	require.Equal(t, "shop", *seen.Clusters[0].ClusterName)
	require.Equal(t, "1", *seen.Clusters[0].Tags[0].Value)
}

func TestACallerThatGaveUpIsNotServed(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := awssts.NewFromConfig(cloud.Config()).GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, cloud.Calls())
}

func TestPresigningIsLeftAlone(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	signed, err := awssts.NewPresignClient(awssts.NewFromConfig(cloud.Config())).
		PresignGetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Contains(t, signed.URL, "X-Amz-Signature")
	require.Empty(t, cloud.Calls(), "nothing was sent")
}

func TestAdvanceAndNow(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	before := cloud.Now()
	cloud.Advance(24 * time.Hour)
	require.InDelta(t, 24*time.Hour, cloud.Now().Sub(before), float64(time.Minute))
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	empty := cloud.Snapshot()
	client := awsecs.NewFromConfig(cloud.Config())
	_, err := client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	made := cloud.Snapshot()
	changes := made.Since(empty)
	require.Contains(t, changes, "+ ecs us-east-1 cluster shop")
	require.Contains(t, made.State("ecs us-east-1 cluster shop"), "arn:aws:ecs:us-east-1:123456789012:cluster/shop")
	require.Contains(t, made.String(), "cluster shop")
	require.Equal(t, made.Names(), cloud.Snapshot().Names())
	require.Empty(t, cloud.Snapshot().Since(made), "looking changes nothing")

	_, err = client.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("shop")})
	require.NoError(t, err)
	require.NotEmpty(t, cloud.Snapshot().Since(made))
}
