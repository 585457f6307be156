// SPDX-License-Identifier: Apache-2.0

package servicediscovery_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// stage is a cloud with a client of Cloud Map.
type stage struct {
	t      *testing.T
	cloud  *fakes.Cloud
	client *awssd.Client
}

func open(t *testing.T, timing fakes.Timing) stage {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: timing})
	return stage{t, cloud, awssd.NewFromConfig(cloud.Config())}
}

// vpc is the default VPC.
func (s stage) vpc() *string {
	s.t.Helper()
	out, err := awsec2.NewFromConfig(s.cloud.Config()).DescribeVpcs(s.t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(s.t, err)
	return out.Vpcs[0].VpcId
}

func (s stage) operation(id *string) sdtypes.Operation {
	s.t.Helper()
	out, err := s.client.GetOperation(s.t.Context(), &awssd.GetOperationInput{OperationId: id})
	require.NoError(s.t, err)
	return *out.Operation
}

// private makes a private namespace and returns its id.
func (s stage) private(name string) *string {
	s.t.Helper()
	out, err := s.client.CreatePrivateDnsNamespace(s.t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: &name, Vpc: s.vpc()})
	require.NoError(s.t, err)
	return s.target(out.OperationId, "NAMESPACE")
}

// http makes an HTTP namespace and returns its id.
func (s stage) http(name string) *string {
	s.t.Helper()
	out, err := s.client.CreateHttpNamespace(s.t.Context(), &awssd.CreateHttpNamespaceInput{Name: &name})
	require.NoError(s.t, err)
	return s.target(out.OperationId, "NAMESPACE")
}

// target is what an operation that has succeeded was about.
func (s stage) target(operation *string, kind string) *string {
	s.t.Helper()
	s.cloud.Advance(time.Minute)
	o := s.operation(operation)
	require.Equal(s.t, sdtypes.OperationStatusSuccess, o.Status, aws.ToString(o.ErrorMessage))
	return aws.String(o.Targets[kind])
}

// service makes a service with records and custom health checks.
func (s stage) service(namespace *string, name string, records ...sdtypes.RecordType) *sdtypes.Service {
	s.t.Helper()
	in := &awssd.CreateServiceInput{Name: &name, NamespaceId: namespace, HealthCheckCustomConfig: &sdtypes.HealthCheckCustomConfig{}}
	for _, r := range records {
		if in.DnsConfig == nil {
			in.DnsConfig = &sdtypes.DnsConfig{}
		}
		in.DnsConfig.DnsRecords = append(in.DnsConfig.DnsRecords, sdtypes.DnsRecord{Type: r, TTL: aws.Int64(60)})
	}
	out, err := s.client.CreateService(s.t.Context(), in)
	require.NoError(s.t, err)
	return out.Service
}

func (s stage) register(service *string, id string, attributes map[string]string) {
	s.t.Helper()
	out, err := s.client.RegisterInstance(s.t.Context(), &awssd.RegisterInstanceInput{ServiceId: service, InstanceId: &id, Attributes: attributes})
	require.NoError(s.t, err)
	s.target(out.OperationId, "INSTANCE")
}

// discovered are the ids of the instances that a client finds.
func (s stage) discovered(in *awssd.DiscoverInstancesInput) []string {
	s.t.Helper()
	out, err := s.client.DiscoverInstances(s.t.Context(), in)
	require.NoError(s.t, err)
	ids := []string{}
	for _, i := range out.Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

func TestANamespaceTakesItsTime(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Realistic)
	in := &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("shop.local"), Vpc: s.vpc(), CreatorRequestId: aws.String("once")}
	out, err := s.client.CreatePrivateDnsNamespace(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, sdtypes.OperationStatusPending, s.operation(out.OperationId).Status)
	list, err := s.client.ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	require.Empty(t, list.Namespaces)
	_, err = s.client.CreatePrivateDnsNamespace(t.Context(), in)
	var same *sdtypes.DuplicateRequest
	require.ErrorAs(t, err, &same)
	require.Equal(t, *out.OperationId, *same.DuplicateOperationId)

	id := s.target(out.OperationId, "NAMESPACE")
	again, err := s.client.CreatePrivateDnsNamespace(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, *out.OperationId, *again.OperationId, "the same request is not done twice")
	got, err := s.client.GetNamespace(t.Context(), &awssd.GetNamespaceInput{Id: id})
	require.NoError(t, err)
	require.Equal(t, sdtypes.NamespaceTypeDnsPrivate, got.Namespace.Type)
	require.NotEmpty(t, *got.Namespace.Properties.DnsProperties.HostedZoneId)
	require.Equal(t, "shop.local", *got.Namespace.Properties.HttpProperties.HttpName)

	gone, err := s.client.DeleteNamespace(t.Context(), &awssd.DeleteNamespaceInput{Id: id})
	require.NoError(t, err)
	_, err = s.client.DeleteNamespace(t.Context(), &awssd.DeleteNamespaceInput{Id: id})
	require.ErrorAs(t, err, &same)
	s.target(gone.OperationId, "NAMESPACE")
	_, err = s.client.GetNamespace(t.Context(), &awssd.GetNamespaceInput{Id: id})
	var missing *sdtypes.NamespaceNotFound
	require.ErrorAs(t, err, &missing)
}

func TestNamesOfNamespaces(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	first := s.private("shop.local")
	again, err := s.client.CreatePrivateDnsNamespace(t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("shop.local"), Vpc: s.vpc()})
	require.NoError(t, err, "the operation fails, not the call")
	failed := s.operation(again.OperationId)
	require.Equal(t, sdtypes.OperationStatusFail, failed.Status)
	require.Equal(t, "CANNOT_CREATE_HOSTED_ZONE", *failed.ErrorCode)
	require.Contains(t, *failed.ErrorMessage, "has already been associated with the hosted zone")

	other, err := awsec2.NewFromConfig(s.cloud.Config()).CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	elsewhere, err := s.client.CreatePrivateDnsNamespace(t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("shop.local"), Vpc: other.Vpc.VpcId})
	require.NoError(t, err)
	second, err := s.client.GetNamespace(t.Context(), &awssd.GetNamespaceInput{Id: s.target(elsewhere.OperationId, "NAMESPACE")})
	require.NoError(t, err)
	require.NotEqual(t, *first, *second.Namespace.Id)
	require.Regexp(t, `^shop\.local-[0-9a-f]{8}$`, *second.Namespace.Properties.HttpProperties.HttpName, "the name is taken")

	lost, err := s.client.CreatePrivateDnsNamespace(t.Context(), &awssd.CreatePrivateDnsNamespaceInput{Name: aws.String("x"), Vpc: aws.String("vpc-0")})
	require.NoError(t, err)
	require.Equal(t, sdtypes.OperationStatusFail, s.operation(lost.OperationId).Status)

	id := s.http("shop")
	_, err = s.client.CreateHttpNamespace(t.Context(), &awssd.CreateHttpNamespaceInput{Name: aws.String("shop")})
	var exists *sdtypes.NamespaceAlreadyExists
	require.ErrorAs(t, err, &exists)
	require.Equal(t, *id, *exists.NamespaceId)
	_, err = s.client.CreateHttpNamespace(t.Context(), &awssd.CreateHttpNamespaceInput{Name: aws.String("a b")})
	var invalid *sdtypes.InvalidInput
	require.ErrorAs(t, err, &invalid)
}

func TestNamespacesAreListedAndChanged(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	private, plain := s.private("shop.local"), s.http("shop")
	made, err := s.client.CreatePublicDnsNamespace(t.Context(), &awssd.CreatePublicDnsNamespaceInput{Name: aws.String("shop.example.com")})
	require.NoError(t, err)
	public := s.target(made.OperationId, "NAMESPACE")
	listed := func(filters ...sdtypes.NamespaceFilter) []string {
		ids := []string{}
		for pages := awssd.NewListNamespacesPaginator(s.client, &awssd.ListNamespacesInput{Filters: filters, MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			for _, n := range page.Namespaces {
				ids = append(ids, *n.Id)
			}
		}
		return ids
	}
	by := func(name sdtypes.NamespaceFilterName, condition sdtypes.FilterCondition, value string) sdtypes.NamespaceFilter {
		return sdtypes.NamespaceFilter{Name: name, Condition: condition, Values: []string{value}}
	}
	require.Equal(t, []string{*private, *plain, *public}, listed())
	require.Equal(t, []string{*plain}, listed(by(sdtypes.NamespaceFilterNameName, "", "shop")))
	require.Equal(t, []string{*private, *plain, *public}, listed(by(sdtypes.NamespaceFilterNameHttpName, sdtypes.FilterConditionBeginsWith, "shop")))
	require.Equal(t, []string{*private}, listed(by(sdtypes.NamespaceFilterNameType, sdtypes.FilterConditionEq, "DNS_PRIVATE")))
	require.Len(t, listed(by(sdtypes.NamespaceFilterNameResourceOwner, "", "SELF")), 3)
	require.Empty(t, listed(by(sdtypes.NamespaceFilterNameResourceOwner, "", "OTHER_ACCOUNTS")))

	_, err = s.client.UpdatePrivateDnsNamespace(t.Context(), &awssd.UpdatePrivateDnsNamespaceInput{Id: private, Namespace: &sdtypes.PrivateDnsNamespaceChange{
		Description: aws.String("inside"), Properties: &sdtypes.PrivateDnsNamespacePropertiesChange{
			DnsProperties: &sdtypes.PrivateDnsPropertiesMutableChange{SOA: &sdtypes.SOAChange{TTL: aws.Int64(15)}},
		},
	}})
	require.NoError(t, err)
	_, err = s.client.UpdatePublicDnsNamespace(t.Context(), &awssd.UpdatePublicDnsNamespaceInput{Id: public, Namespace: &sdtypes.PublicDnsNamespaceChange{Description: aws.String("outside")}})
	require.NoError(t, err)
	_, err = s.client.UpdateHttpNamespace(t.Context(), &awssd.UpdateHttpNamespaceInput{Id: public, Namespace: &sdtypes.HttpNamespaceChange{Description: aws.String("x")}})
	require.ErrorContains(t, err, "DNS_PUBLIC")
	got, err := s.client.GetNamespace(t.Context(), &awssd.GetNamespaceInput{Id: private})
	require.NoError(t, err)
	require.Equal(t, "inside", *got.Namespace.Description)
	require.EqualValues(t, 15, *got.Namespace.Properties.DnsProperties.SOA.TTL)
}

func TestServicesOfANamespace(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	namespace := s.private("shop.local")
	web := s.service(namespace, "web", sdtypes.RecordTypeA)
	require.Equal(t, sdtypes.ServiceTypeDnsHttp, web.Type)
	require.Equal(t, sdtypes.RoutingPolicyMultivalue, web.DnsConfig.RoutingPolicy)
	_, err := s.client.CreateService(t.Context(), &awssd.CreateServiceInput{Name: aws.String("WEB"), NamespaceId: namespace, Type: sdtypes.ServiceTypeOptionHttp})
	var exists *sdtypes.ServiceAlreadyExists
	require.ErrorAs(t, err, &exists, "DNS knows no case")
	require.Equal(t, *web.Id, *exists.ServiceId)
	_, err = s.client.CreateService(t.Context(), &awssd.CreateServiceInput{Name: aws.String("api"), NamespaceId: aws.String("ns-0")})
	var missing *sdtypes.NamespaceNotFound
	require.ErrorAs(t, err, &missing)
	_, err = s.client.DeleteNamespace(t.Context(), &awssd.DeleteNamespaceInput{Id: namespace})
	var used *sdtypes.ResourceInUse
	require.ErrorAs(t, err, &used)

	change := &sdtypes.ServiceChange{Description: aws.String("pages"), DnsConfig: &sdtypes.DnsConfigChange{
		DnsRecords: []sdtypes.DnsRecord{{Type: sdtypes.RecordTypeA, TTL: aws.Int64(5)}},
	}}
	_, err = s.client.UpdateService(t.Context(), &awssd.UpdateServiceInput{Id: web.Arn, Service: change})
	require.NoError(t, err)
	got, err := s.client.GetService(t.Context(), &awssd.GetServiceInput{Id: web.Id})
	require.NoError(t, err)
	require.EqualValues(t, 5, *got.Service.DnsConfig.DnsRecords[0].TTL)
	require.Equal(t, "pages", *got.Service.Description)
	_, err = s.client.UpdateService(t.Context(), &awssd.UpdateServiceInput{Id: web.Id, Service: &sdtypes.ServiceChange{}})
	require.ErrorContains(t, err, "not modelled", "it would take the records away")

	list, err := s.client.ListServices(t.Context(), &awssd.ListServicesInput{Filters: []sdtypes.ServiceFilter{
		{Name: sdtypes.ServiceFilterNameNamespaceId, Values: []string{*s.http("other")}},
	}})
	require.NoError(t, err)
	require.Empty(t, list.Services)
	list, err = s.client.ListServices(t.Context(), &awssd.ListServicesInput{Filters: []sdtypes.ServiceFilter{
		{Name: sdtypes.ServiceFilterNameResourceOwner, Values: []string{"SELF"}}, {Name: sdtypes.ServiceFilterNameNamespaceId, Values: []string{*namespace}},
	}})
	require.NoError(t, err)
	require.Len(t, list.Services, 1)
	_, err = s.client.DeleteService(t.Context(), &awssd.DeleteServiceInput{Id: web.Id})
	require.NoError(t, err)
	_, err = s.client.DeleteService(t.Context(), &awssd.DeleteServiceInput{Id: web.Id})
	var gone *sdtypes.ServiceNotFound
	require.ErrorAs(t, err, &gone)
}

func TestInstancesAreDiscovered(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	web := s.service(s.private("shop.local"), "web", sdtypes.RecordTypeA)
	_, err := s.client.RegisterInstance(t.Context(), &awssd.RegisterInstanceInput{ServiceId: web.Id, InstanceId: aws.String("a"), Attributes: map[string]string{}})
	var invalid *sdtypes.InvalidInput
	require.ErrorAs(t, err, &invalid, "a record of type A needs an address")
	for id, stage := range map[string]string{"a": "prod", "b": "prod", "c": "test"} {
		s.register(web.Id, id, map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": stage, "id": id})
	}
	in := func(change func(*awssd.DiscoverInstancesInput)) *awssd.DiscoverInstancesInput {
		in := &awssd.DiscoverInstancesInput{NamespaceName: aws.String("shop.local"), ServiceName: aws.String("web")}
		change(in)
		return in
	}
	require.Equal(t, []string{"a", "b", "c"}, s.discovered(in(func(*awssd.DiscoverInstancesInput) {})))
	require.Equal(t, []string{"a"}, s.discovered(in(func(in *awssd.DiscoverInstancesInput) { in.MaxResults = aws.Int32(1) })))
	prod := map[string]string{"stage": "prod"}
	require.Equal(t, []string{"a", "b"}, s.discovered(in(func(in *awssd.DiscoverInstancesInput) { in.QueryParameters = prod })))
	require.Equal(t, []string{"b"}, s.discovered(in(func(in *awssd.DiscoverInstancesInput) {
		in.QueryParameters, in.OptionalParameters = prod, map[string]string{"id": "b"}
	})))
	require.Equal(t, []string{"a", "b"}, s.discovered(in(func(in *awssd.DiscoverInstancesInput) {
		in.QueryParameters, in.OptionalParameters = prod, map[string]string{"id": "c"}
	})), "an optional parameter that none has is ignored")

	revision := func() int64 {
		out, err := s.client.DiscoverInstancesRevision(t.Context(), &awssd.DiscoverInstancesRevisionInput{NamespaceName: aws.String("shop.local"), ServiceName: aws.String("web")})
		require.NoError(t, err)
		return *out.InstancesRevision
	}
	before := revision()
	_, err = s.client.DeleteService(t.Context(), &awssd.DeleteServiceInput{Id: web.Id})
	var used *sdtypes.ResourceInUse
	require.ErrorAs(t, err, &used)
	require.Equal(t, "Service contains registered instances; delete the instances before deleting the service", used.ErrorMessage())
	_, err = s.client.DeregisterInstance(t.Context(), &awssd.DeregisterInstanceInput{ServiceId: web.Id, InstanceId: aws.String("c")})
	require.NoError(t, err)
	require.Greater(t, revision(), before)
	_, err = s.client.GetInstance(t.Context(), &awssd.GetInstanceInput{ServiceId: web.Id, InstanceId: aws.String("c")})
	var gone *sdtypes.InstanceNotFound
	require.ErrorAs(t, err, &gone)
	got, err := s.client.GetInstance(t.Context(), &awssd.GetInstanceInput{ServiceId: web.Id, InstanceId: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, "prod", got.Instance.Attributes["stage"])
}

func TestCustomHealthIsBelievedAfterAWhile(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Realistic)
	web := s.service(s.private("shop.local"), "web", sdtypes.RecordTypeA)
	s.register(web.Id, "a", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1"})
	s.register(web.Id, "b", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.2", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"})
	say := func(id string, status sdtypes.CustomHealthStatus) {
		_, err := s.client.UpdateInstanceCustomHealthStatus(t.Context(), &awssd.UpdateInstanceCustomHealthStatusInput{ServiceId: web.Id, InstanceId: &id, Status: status})
		require.NoError(t, err)
	}
	status := func() map[string]sdtypes.HealthStatus {
		out, err := s.client.GetInstancesHealthStatus(t.Context(), &awssd.GetInstancesHealthStatusInput{ServiceId: web.Id})
		require.NoError(t, err)
		return out.Status
	}
	found := func(filter sdtypes.HealthStatusFilter) []string {
		return s.discovered(&awssd.DiscoverInstancesInput{NamespaceName: aws.String("shop.local"), ServiceName: aws.String("web"), HealthStatus: filter})
	}
	require.Equal(t, map[string]sdtypes.HealthStatus{"a": "HEALTHY", "b": "UNHEALTHY"}, status())
	require.Equal(t, []string{"a"}, found(""))
	require.Equal(t, []string{"b"}, found(sdtypes.HealthStatusFilterUnhealthy))
	say("a", sdtypes.CustomHealthStatusUnhealthy)
	s.cloud.Advance(20 * time.Second)
	say("a", sdtypes.CustomHealthStatusUnhealthy) // does not begin the 30 seconds anew
	require.Equal(t, []string{"a"}, found(sdtypes.HealthStatusFilterHealthy))
	s.cloud.Advance(11 * time.Second)
	require.Empty(t, found(sdtypes.HealthStatusFilterHealthy))
	require.Equal(t, []string{"a", "b"}, found(sdtypes.HealthStatusFilterHealthyOrElseAll))
	say("b", sdtypes.CustomHealthStatusHealthy)
	s.cloud.Advance(20 * time.Second)
	say("b", sdtypes.CustomHealthStatusUnhealthy)
	s.cloud.Advance(time.Minute)
	require.Equal(t, sdtypes.HealthStatusUnhealthy, status()["b"], "it was taken back in time")

	plain, err := s.client.CreateService(t.Context(), &awssd.CreateServiceInput{Name: aws.String("plain"), NamespaceId: s.http("shop"), Type: sdtypes.ServiceTypeOptionHttp})
	require.NoError(t, err)
	s.register(plain.Service.Id, "a", bare())
	_, err = s.client.UpdateInstanceCustomHealthStatus(t.Context(), &awssd.UpdateInstanceCustomHealthStatusInput{
		ServiceId: plain.Service.Id, InstanceId: aws.String("a"), Status: sdtypes.CustomHealthStatusHealthy,
	})
	var none *sdtypes.CustomHealthNotFound
	require.ErrorAs(t, err, &none)
}

// bare is no attributes, which the SDK wants to be a map.
func bare() map[string]string { return map[string]string{} }

func TestTags(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	web := s.service(s.http("shop"), "web")
	_, err := s.client.TagResource(t.Context(), &awssd.TagResourceInput{ResourceARN: web.Arn, Tags: []sdtypes.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")},
	}})
	require.NoError(t, err)
	_, err = s.client.UntagResource(t.Context(), &awssd.UntagResourceInput{ResourceARN: web.Arn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	out, err := s.client.ListTagsForResource(t.Context(), &awssd.ListTagsForResourceInput{ResourceARN: web.Arn})
	require.NoError(t, err)
	require.Equal(t, []sdtypes.Tag{{Key: aws.String("b"), Value: aws.String("2")}}, out.Tags)
	_, err = s.client.ListTagsForResource(t.Context(), &awssd.ListTagsForResourceInput{ResourceARN: aws.String(*web.Arn + "x")})
	var missing *sdtypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestSnapshotsHaveWhatIsRegistered(t *testing.T) {
	t.Parallel()
	made := func() (*fakes.Cloud, string) {
		s := open(t, fakes.Timing{})
		web := s.service(s.http("shop"), "web")
		s.register(web.Id, "a", map[string]string{"k": "v"})
		return s.cloud, *web.Id
	}
	cloud, id := made()
	other, _ := made()
	for _, name := range []string{"service " + id, "instance " + id + "/a"} {
		require.NotEmpty(t, cloud.Snapshot().State("servicediscovery us-east-1 "+name))
		require.Equal(t, cloud.Snapshot().State("servicediscovery us-east-1 "+name), other.Snapshot().State("servicediscovery us-east-1 "+name))
	}
}
