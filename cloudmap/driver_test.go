// SPDX-License-Identifier: Apache-2.0

package cloudmap_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func stackOf(resources ...slipway.Resource) slipway.Stack {
	return slipway.NewStack("shop", resources...)
}

// applied applies the stack; a second plan must be empty and write nothing.
func applied(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack, opts ...slipway.ApplyOption) *slipway.Result {
	t.Helper()
	result, err := stack.Apply(t.Context(), cloud.Config(), opts...)
	require.NoError(t, err)
	cloud.ForgetCalls()
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%s", plan)
	require.Empty(t, cloud.Calls().Writes())
	return result
}

// all are namespaces of each type, with services.
func all() slipway.Stack {
	return stackOf(fullServices()[0], fullServices()[1], fullPublic(),
		cloudmap.NewService("bare", fullPrivate()), cloudmap.NewService("more", fullPublic()).WithRecord(cloudmap.AAAA, 0))
}

func clientOf(cloud *fakes.Cloud) *awssd.Client { return awssd.NewFromConfig(cloud.Config()) }

func TestNamespacesAndServices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		before := cloud.Snapshot()
		result := applied(t, cloud, all())
		client := clientOf(cloud)
		inside := slipway.Output(result, fullPrivate())
		require.NotEmpty(t, inside.HostedZone)
		require.Equal(t, "shop.local", inside.HTTPName)
		namespace, err := client.GetNamespace(t.Context(), &awssd.GetNamespaceInput{Id: &inside.ID})
		require.NoError(t, err)
		require.EqualValues(t, 2, *namespace.Namespace.ServiceCount)
		service, err := client.GetService(t.Context(), &awssd.GetServiceInput{Id: aws.String(slipway.Output(result, fullServices()[0]).ARN)})
		require.NoError(t, err)
		require.Equal(t, inside.ID, *service.Service.NamespaceId)
		require.Equal(t, sdtypes.RoutingPolicyWeighted, service.Service.DnsConfig.RoutingPolicy)

		require.NoError(t, all().Destroy(t.Context(), cloud.Config()))
		require.Empty(t, cloud.Snapshot().Since(before))
		require.NoError(t, all().Destroy(t.Context(), cloud.Config()), "what is gone stays gone")
	})
}

// TestEachSetting sets each setting, and takes it away again.
func TestEachSetting(t *testing.T) {
	t.Parallel()
	http := cloudmap.NewHTTPNamespace("shop")
	for _, c := range []struct {
		name          string
		bare, changed slipway.Resource
		// fixed: AWS cannot change it, so that the plan is an error.
		fixed bool
	}{
		{name: "description", bare: private(), changed: private().WithDescription("x")},
		{name: "tag", bare: private(), changed: private().WithTag("team", "shop")},
		{name: "http description", bare: http, changed: http.WithDescription("x")},
		{name: "http tag", bare: http, changed: http.WithTag("team", "shop")},
		{name: "public description", bare: fullPublic(), changed: fullPublic().WithDescription("x")},
		{name: "public negative TTL", bare: fullPublic(), changed: fullPublic().WithNegativeTTL(time.Second)},
		{name: "negative TTL", bare: fullPrivate(), changed: fullPrivate().WithNegativeTTL(time.Second)},
		{name: "type", bare: private(), changed: cloudmap.NewHTTPNamespace("shop.local"), fixed: true},
		{name: "service description", bare: web(), changed: web().WithDescription("x")},
		{name: "service tag", bare: web(), changed: web().WithTag("team", "shop")},
		{name: "service description over HTTP", bare: cloudmap.NewService("web", http), changed: cloudmap.NewService("web", http).WithDescription("x"), fixed: true},
		{name: "service tag over HTTP", bare: cloudmap.NewService("web", http), changed: cloudmap.NewService("web", http).WithTag("team", "shop")},
		{name: "TTL", bare: web(), changed: cloudmap.NewService("web", private()).WithRecord(cloudmap.A, time.Minute)},
		{name: "another record", bare: web(), changed: web().WithRecord(cloudmap.SRV, time.Minute), fixed: true},
		{name: "a record less", bare: web().WithRecord(cloudmap.SRV, time.Minute), changed: web(), fixed: true},
		{name: "no record", bare: web(), changed: cloudmap.NewService("web", private()), fixed: true},
		{name: "a record", bare: cloudmap.NewService("web", private()), changed: web(), fixed: true},
		{name: "routing", bare: web(), changed: web().WithRouting(cloudmap.Weighted), fixed: true},
		{name: "custom health", bare: web(), changed: web().WithCustomHealth(), fixed: true},
		{name: "no custom health", bare: web().WithCustomHealth(), changed: web(), fixed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			applied(t, cloud, stackOf(c.bare))
			before := cloud.Snapshot()
			if c.fixed {
				_, err := stackOf(c.changed).Plan(t.Context(), cloud.Config())
				require.ErrorContains(t, err, "needs a new name")
				return
			}
			applied(t, cloud, stackOf(c.changed))
			require.NotEmpty(t, cloud.Snapshot().Since(before))
			applied(t, cloud, stackOf(c.bare))
			require.Empty(t, cloud.Snapshot().Since(before))
		})
	}
}

// otherVPC makes one with a subnet.
func otherVPC(t *testing.T, cloud *fakes.Cloud) vpc.Network {
	t.Helper()
	client := awsec2.NewFromConfig(cloud.Config())
	made, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	_, err = client.CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{
		VpcId: made.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/24"), AvailabilityZone: aws.String("us-east-1a"),
	})
	require.NoError(t, err)
	return vpc.ByID(*made.Vpc.VpcId)
}

func TestANamespaceStaysInItsVPC(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	applied(t, cloud, stackOf(private()))
	elsewhere := cloudmap.NewPrivateNamespace("shop.local", otherVPC(t, cloud))
	_, err := stackOf(elsewhere).Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "needs a new name")
	// Another stack has one of the same name in the other VPC.
	staging := slipway.NewStack("staging", elsewhere)
	_, err = staging.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	plan, err := staging.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%s", plan)
	applied(t, cloud, stackOf(private()))
	require.NoError(t, staging.Destroy(t.Context(), cloud.Config()))
	applied(t, cloud, stackOf(private()))
}

// TestForeignOnesAreAdopted: what somebody else has made is left alone, or taken over.
func TestForeignOnesAreAdopted(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := clientOf(cloud)
	vpcs, err := awsec2.NewFromConfig(cloud.Config()).DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	_, err = client.CreatePrivateDnsNamespace(t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("shop.local"), Vpc: vpcs.Vpcs[0].VpcId})
	require.NoError(t, err)
	list, err := client.ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	made, err := client.CreateService(t.Context(), &awssd.CreateServiceInput{
		Name: aws.String("web"), NamespaceId: list.Namespaces[0].Id, DnsConfig: &sdtypes.DnsConfig{DnsRecords: []sdtypes.DnsRecord{{Type: sdtypes.RecordTypeA, TTL: aws.Int64(10)}}},
	})
	require.NoError(t, err)
	_, err = stackOf(web()).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	result := applied(t, cloud, stackOf(web()), slipway.Adopt(private().ID()), slipway.Adopt(web().ID()))
	require.Equal(t, *made.Service.Id, slipway.Output(result, web()).ID)
	_, err = stackOf(cloudmap.NewPrivateNamespace("shop.local", otherVPC(t, cloud))).Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "needs a new name", "it stays in the VPC in which it was taken over")
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	result := applied(t, cloud, slipway.NewStack("base", web()))
	namespace := cloudmap.NamespaceNamed("shop.local")
	found := cloudmap.ServiceNamed(namespace, "web")
	mine := cloudmap.NewService("mine", namespace).WithRecord(cloudmap.A, 0)
	looked := applied(t, cloud, stackOf(found, mine))
	require.Equal(t, slipway.Output(result, web()), slipway.Output(looked, found))
	require.Equal(t, slipway.Output(result, private()), slipway.Output(looked, namespace))
	for _, missing := range []slipway.Resource{cloudmap.NamespaceNamed("x"), cloudmap.ServiceNamed(namespace, "x")} {
		_, err := stackOf(missing).Plan(t.Context(), cloud.Config())
		require.ErrorIs(t, err, slipway.ErrNotFound)
	}
	require.NoError(t, stackOf(found, mine).Destroy(t.Context(), cloud.Config()))
	applied(t, cloud, slipway.NewStack("base", web()))
}

// TestWhatOthersShareIsLeftOut: tags of things of other accounts may not be seen.
func TestWhatOthersShareIsLeftOut(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	var asked atomic.Int32
	cloud.Inject(fakes.Match{Service: "ServiceDiscovery", Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		own := true
		switch in := r.Input.(type) {
		case *awssd.ListNamespacesInput:
			own = slices.ContainsFunc(in.Filters, func(f sdtypes.NamespaceFilter) bool {
				return f.Name == sdtypes.NamespaceFilterNameResourceOwner && slices.Equal(f.Values, []string{"SELF"})
			})
			asked.Add(1)
		case *awssd.ListServicesInput:
			own = slices.ContainsFunc(in.Filters, func(f sdtypes.ServiceFilter) bool {
				return f.Name == sdtypes.ServiceFilterNameResourceOwner && slices.Equal(f.Values, []string{"SELF"})
			})
			asked.Add(1)
		}
		if !own {
			return nil, errors.New("what others share is listed, too")
		}
		return next()
	})
	applied(t, cloud, stackOf(web()))
	require.NoError(t, stackOf(web()).Destroy(t.Context(), cloud.Config()))
	require.NotZero(t, asked.Load())
}

// TestWhatIsInUseIsNotDeleted: nobody waits for what will not go.
func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	result := applied(t, cloud, stackOf(web()))
	client := clientOf(cloud)
	id := slipway.Output(result, web()).ID
	_, err := client.RegisterInstance(t.Context(), &awssd.RegisterInstanceInput{
		ServiceId: &id, InstanceId: aws.String("by-hand"), Attributes: map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1"},
	})
	require.NoError(t, err)
	err = stackOf(web()).Destroy(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "by-hand are registered, and not by ECS")
	_, err = client.DeregisterInstance(t.Context(), &awssd.DeregisterInstanceInput{ServiceId: &id, InstanceId: aws.String("by-hand")})
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), &awssd.CreateServiceInput{
		Name: aws.String("stranger"), NamespaceId: aws.String(slipway.Output(result, private()).ID), Type: sdtypes.ServiceTypeOptionHttp,
	})
	require.NoError(t, err)
	err = stackOf(web()).Destroy(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "the services stranger are in it, which this stack has not made")
}

func TestAFailedOperationSaysWhy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := stackOf(private().WithOverride(func(in *awssd.CreatePrivateDnsNamespaceInput) { in.Vpc = aws.String("vpc-0") })).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrFailed)
	require.ErrorContains(t, err, "CANNOT_CREATE_HOSTED_ZONE: The VPC ID is invalid.")
}

// TestARequestThatAWSRemembers: the answer to a request that was made before is the operation
// of then, though its namespace is gone.
func TestARequestThatAWSRemembers(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	applied(t, cloud, stackOf(fullHTTP()))
	require.NoError(t, stackOf(fullHTTP()).Destroy(t.Context(), cloud.Config()))
	applied(t, cloud, stackOf(fullHTTP()))
	list, err := clientOf(cloud).ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	require.Len(t, list.Namespaces, 1)
}

// TestWaitingSaysForWhat: tasks of a service that the stack does not have go on registering.
func TestWaitingSaysForWhat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		result := applied(t, cloud, stackOf(web()))
		_, err := clientOf(cloud).RegisterInstance(t.Context(), &awssd.RegisterInstanceInput{
			ServiceId: aws.String(slipway.Output(result, web()).ID), InstanceId: aws.String("0123"),
			Attributes: map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1", "ECS_CLUSTER_NAME": "other"},
		})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = stackOf(web()).Destroy(ctx, cloud.Config())
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.ErrorContains(t, err, "Service contains registered instances")
	})
}

// TestLostRepliesMakeNothingTwice: each write is done, and the caller sees an error once.
func TestLostRepliesMakeNothingTwice(t *testing.T) {
	t.Parallel()
	for name, timing := range map[string]fakes.Timing{"at once": {}, "realistic": fakes.Realistic} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: timing})
				before := cloud.Snapshot()
				for _, operation := range []string{
					"CreateHttpNamespace", "CreatePrivateDnsNamespace", "CreatePublicDnsNamespace", "CreateService", "DeleteService", "DeleteNamespace",
				} {
					cloud.Inject(fakes.Match{Service: "ServiceDiscovery", Operation: operation}, fakes.LostReply())
				}
				applied(t, cloud, all())
				list, err := clientOf(cloud).ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
				require.NoError(t, err)
				require.Len(t, list.Namespaces, 3)
				require.NoError(t, all().Destroy(t.Context(), cloud.Config()))
				require.Empty(t, cloud.Snapshot().Since(before))
			})
		})
	}
}

// TestKilledAfterAnyCallItConverges ends the program after the n-th write, for every n,
// while operations are under way, and runs it again; then the same with Destroy.
func TestKilledAfterAnyCallItConverges(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, n int, destroy bool) (writes int) {
		t.Helper()
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		before := cloud.Snapshot()
		work := func(ctx context.Context) error {
			_, err := all().Apply(ctx, cloud.Config(), slipway.Concurrency(1))
			return err
		}
		if destroy {
			require.NoError(t, work(t.Context()))
			work = func(ctx context.Context) error { return all().Destroy(ctx, cloud.Config(), slipway.Concurrency(1)) }
		}
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			if (fakes.Call{Operation: r.Operation}).Write() {
				if writes++; writes == n {
					kill()
					return nil, errors.New("the program is gone")
				}
			}
			return out, err
		})
		if err := work(ctx); n > 0 {
			require.Error(t, err)
			require.NoError(t, work(t.Context()))
		} else {
			require.NoError(t, err)
		}
		if destroy {
			time.Sleep(time.Minute)
			require.Empty(t, cloud.Snapshot().Since(before))
		} else {
			applied(t, cloud, all())
			list, err := clientOf(cloud).ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
			require.NoError(t, err)
			require.Len(t, list.Namespaces, 3, "no duplicate")
		}
		return writes
	}
	for _, destroy := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			for n := range run(t, 0, destroy) {
				run(t, n+1, destroy)
			}
		})
	}
}

// TestTheLeastPolicyIsEnough applies, changes and destroys as a role that may do only what
// the plan says it needs.
func TestTheLeastPolicyIsEnough(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	allowed := func(policy string) aws.Config {
		client := awsiam.NewFromConfig(cloud.Config())
		if _, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("ci")}); err != nil {
			trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
			_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: &trust})
			require.NoError(t, err)
		}
		_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String("ci"), PolicyName: aws.String("plan"), PolicyDocument: &policy})
		require.NoError(t, err)
		return cloud.ConfigAs("ci")
	}
	changed := stackOf(cloudmap.NewService("web", private().WithDescription("x").WithTag("team", "shop")).
		WithRecord(cloudmap.A, time.Minute).WithDescription("x").WithTag("team", "shop"))
	for _, stack := range []slipway.Stack{all(), stackOf(web()), changed, stackOf(fullHTTP())} {
		plan, err := stack.Plan(t.Context(), cloud.Config())
		if err != nil { // the records of "web" differ
			require.NoError(t, all().Destroy(t.Context(), cloud.Config()))
			plan, err = stack.Plan(t.Context(), cloud.Config())
		}
		require.NoError(t, err)
		require.False(t, plan.Empty())
		_, err = stack.Apply(t.Context(), allowed(plan.Policy()))
		require.NoError(t, err, "%s", plan.Policy())
	}
	_, err := all().Apply(t.Context(), allowed(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"servicediscovery:List*","Resource":"*"}]}`))
	require.ErrorIs(t, err, slipway.ErrDenied)
}
