// SPDX-License-Identifier: Apache-2.0

package servicediscovery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/rules"
	sdrules "github.com/slipway-go/slipway/internal/rules/servicediscovery"
)

// row is one way to break a rule; legal is the nearest that does not.
type row[T any] struct {
	rule          string
	breaks, legal func(*T)
	path, code    string
}

const invalid = "InvalidInput"

// holds breaks each rule of the list, and stays just within it.
func holds[T any](t *testing.T, of rules.Of[T], base func() *T, rows []row[T]) {
	t.Helper()
	tested := map[string]bool{}
	for i, test := range rows {
		tested[test.rule] = true
		t.Run(fmt.Sprint(test.rule, i), func(t *testing.T) {
			t.Parallel()
			in := base()
			require.Empty(t, of.All(things(), in), "the base is legal")
			test.breaks(in)
			var found []slipway.FieldError
			for _, e := range of.All(things(), in) {
				if e.Rule == test.rule {
					found = append(found, e)
				}
			}
			require.Len(t, found, 1)
			require.Equal(t, test.path, found[0].Path)
			require.Equal(t, test.code, found[0].Code)
			require.NotEmpty(t, found[0].Got)
			require.NotEmpty(t, found[0].Want)
			in = base()
			if test.legal != nil {
				test.legal(in)
			}
			require.Empty(t, of.All(things(), in))
		})
	}
	for _, rule := range of {
		require.True(t, tested[rule.ID], "%s has no row", rule.ID)
	}
}

// known are things by kind and ID.
type known map[slipway.ID]any

func (k known) Get(kind, ref string) (state any, found, is bool) {
	state, found = k[slipway.ID{Kind: kind, Name: ref}]
	return state, found, true
}

func things() known {
	service := func(namespace string, types ...sdtypes.RecordType) *model.Service {
		s := &model.Service{Create: awssd.CreateServiceInput{NamespaceId: &namespace}}
		if len(types) > 0 {
			s.Create.DnsConfig = config(types...)
		}
		return s
	}
	return known{
		{Kind: model.KindNamespace, Name: "http"}:    &model.Namespace{HTTP: &awssd.CreateHttpNamespaceInput{}},
		{Kind: model.KindNamespace, Name: "private"}: &model.Namespace{Private: &awssd.CreatePrivateDnsNamespaceInput{}},
		{Kind: model.KindNamespace, Name: "public"}:  &model.Namespace{Public: &awssd.CreatePublicDnsNamespaceInput{}},
		{Kind: model.KindService, Name: "api"}:       service("http"),
		{Kind: model.KindService, Name: "a"}:         service("private", sdtypes.RecordTypeA),
		{Kind: model.KindService, Name: "aaaa"}:      service("private", sdtypes.RecordTypeAaaa),
		{Kind: model.KindService, Name: "srv"}:       service("private", sdtypes.RecordTypeSrv),
		{Kind: model.KindService, Name: "cname"}:     service("private", sdtypes.RecordTypeCname),
	}
}

func config(types ...sdtypes.RecordType) *sdtypes.DnsConfig {
	c := &sdtypes.DnsConfig{RoutingPolicy: sdtypes.RoutingPolicyMultivalue}
	for _, t := range types {
		c.DnsRecords = append(c.DnsRecords, sdtypes.DnsRecord{Type: t, TTL: aws.Int64(60)})
	}
	return c
}

func long(n int) *string { return aws.String(strings.Repeat("x", n)) }

func tags(n int) []sdtypes.Tag {
	all := make([]sdtypes.Tag, n)
	for i := range all {
		all[i] = sdtypes.Tag{Key: aws.String(fmt.Sprint("tag", i)), Value: aws.String("")}
	}
	return all
}

func tag(key string, value *string) []sdtypes.Tag { return []sdtypes.Tag{{Key: &key, Value: value}} }

// common are the rows of what all inputs have.
func common[T any](description, request func(*T, *string), tagged func(*T, []sdtypes.Tag)) []row[T] {
	describe := func(n int) func(*T) { return func(in *T) { description(in, long(n)) } }
	ask := func(n int) func(*T) { return func(in *T) { request(in, long(n)) } }
	with := func(list []sdtypes.Tag) func(*T) { return func(in *T) { tagged(in, list) } }
	key := strings.Repeat("k", 129)
	return []row[T]{
		{"cloudmap-description", describe(1025), describe(1024), "Description", invalid},
		{"cloudmap-request-id", ask(65), ask(64), "CreatorRequestId", invalid},
		{"cloudmap-tags", with(tags(201)), with(tags(200)), "Tags", "TooManyTagsException"},
		{"cloudmap-tags", with(tag(key, nil)), with(tag(key[:128], nil)), "Tags[" + key + "].Key", invalid},
		{"cloudmap-tags", with(tag("", nil)), nil, "Tags[0].Key", invalid},
		{"cloudmap-tags", with(tag("aws:x", nil)), with(tag("awsx", nil)), "Tags[aws:x].Key", invalid},
		{"cloudmap-tags", with(tag("x", long(257))), with(tag("x", long(256))), "Tags[x].Value", invalid},
	}
}

func TestHTTPNamespaces(t *testing.T) {
	t.Parallel()
	type input = awssd.CreateHttpNamespaceInput
	name := func(s string) func(*input) { return func(in *input) { in.Name = &s } }
	holds(t, sdrules.CreateHTTPNamespace, func() *input { return &input{Name: aws.String("shop")} }, append([]row[input]{
		{"cloudmap-http-name", name(""), name("x"), "Name", invalid},
		{"cloudmap-http-name", name("a b"), name("a/b"), "Name", invalid},
		{"cloudmap-http-name", name(strings.Repeat("x", 1025)), name("${slipway:x:y/z#w}"), "Name", invalid},
	}, common(func(in *input, s *string) { in.Description = s }, func(in *input, s *string) { in.CreatorRequestId = s },
		func(in *input, l []sdtypes.Tag) { in.Tags = l })...))
}

func TestPrivateNamespaces(t *testing.T) {
	t.Parallel()
	type input = awssd.CreatePrivateDnsNamespaceInput
	name := func(s string) func(*input) { return func(in *input) { in.Name = &s } }
	ttl := func(n int64) func(*input) {
		return func(in *input) {
			in.Properties = &sdtypes.PrivateDnsNamespaceProperties{DnsProperties: &sdtypes.PrivateDnsPropertiesMutable{SOA: &sdtypes.SOA{TTL: &n}}}
		}
	}
	holds(t, sdrules.CreatePrivateDNSNamespace, func() *input { return &input{Name: aws.String("shop.local"), Vpc: aws.String("vpc-1")} }, append([]row[input]{
		{"cloudmap-private-name", name(strings.Repeat("x", 254)), name(strings.Repeat("x", 253)), "Name", invalid},
		{"cloudmap-private-vpc", func(in *input) { in.Vpc = nil }, func(in *input) { in.Vpc = aws.String("${slipway:vpc:Network/default#id}") }, "Vpc", invalid},
		{"cloudmap-soa-ttl", ttl(-1), ttl(0), "Properties.DnsProperties.SOA.TTL", invalid},
		{"cloudmap-soa-ttl", ttl(2147483648), ttl(2147483647), "Properties.DnsProperties.SOA.TTL", invalid},
	}, common(func(in *input, s *string) { in.Description = s }, func(in *input, s *string) { in.CreatorRequestId = s },
		func(in *input, l []sdtypes.Tag) { in.Tags = l })...))
}

func TestPublicNamespaces(t *testing.T) {
	t.Parallel()
	type input = awssd.CreatePublicDnsNamespaceInput
	name := func(s string) func(*input) { return func(in *input) { in.Name = &s } }
	ttl := func(n int64) func(*input) {
		return func(in *input) {
			in.Properties = &sdtypes.PublicDnsNamespaceProperties{DnsProperties: &sdtypes.PublicDnsPropertiesMutable{SOA: &sdtypes.SOA{TTL: &n}}}
		}
	}
	holds(t, sdrules.CreatePublicDNSNamespace, func() *input { return &input{Name: aws.String("example.com")} }, append([]row[input]{
		{"cloudmap-public-name", name("com"), name("a.com"), "Name", invalid},
		{"cloudmap-public-name", name("-a.com"), name("a-b.com"), "Name", invalid},
		{"cloudmap-soa-ttl", ttl(-1), ttl(0), "Properties.DnsProperties.SOA.TTL", invalid},
	}, common(func(in *input, s *string) { in.Description = s }, func(in *input, s *string) { in.CreatorRequestId = s },
		func(in *input, l []sdtypes.Tag) { in.Tags = l })...))
}

func TestServices(t *testing.T) {
	t.Parallel()
	type input = awssd.CreateServiceInput
	const a, srv, name = sdtypes.RecordTypeA, sdtypes.RecordTypeSrv, sdtypes.RecordTypeCname
	named := func(s string) func(*input) { return func(in *input) { in.Name = &s } }
	records := func(types ...sdtypes.RecordType) func(*input) {
		return func(in *input) { in.DnsConfig = config(types...) }
	}
	ttl := func(n int64) func(*input) { return func(in *input) { in.DnsConfig.DnsRecords[0].TTL = &n } }
	in := func(namespace string, change func(*input)) func(*input) {
		return func(in *input) {
			in.NamespaceId, in.DnsConfig = &namespace, nil
			if change != nil {
				change(in)
			}
		}
	}
	check := func(in *input) { in.HealthCheckConfig = &sdtypes.HealthCheckConfig{Type: sdtypes.HealthCheckTypeTcp} }
	custom := func(in *input) { in.HealthCheckCustomConfig = &sdtypes.HealthCheckCustomConfig{} }
	both := func(changes ...func(*input)) func(*input) {
		return func(in *input) {
			for _, c := range changes {
				c(in)
			}
		}
	}
	weighted := func(in *input) {
		in.DnsConfig = config(name)
		in.DnsConfig.RoutingPolicy = sdtypes.RoutingPolicyWeighted
	}
	base := func() *input {
		return &input{Name: aws.String("web"), NamespaceId: aws.String("private"), DnsConfig: config(a)}
	}
	holds(t, sdrules.CreateService, base, append([]row[input]{
		{"cloudmap-service-name", named(""), named("_web._tcp"), "Name", invalid},
		{"cloudmap-service-name", named("-web"), named("w"), "Name", invalid},
		{"cloudmap-service-name", named(strings.Repeat("x", 64)), named(strings.Repeat("x", 63)), "Name", invalid},
		{"cloudmap-service-name", named(strings.Repeat("abc.", 32)), named(strings.Repeat("abc.", 31) + "abc"), "Name", invalid},
		{"cloudmap-health-checks", both(in("public", records(a)), check, custom), both(in("public", records(a)), check), "HealthCheckConfig", invalid},
		{"cloudmap-service-type", func(in *input) { in.Type = sdtypes.ServiceTypeOptionHttp }, in("private", func(in *input) { in.Type = sdtypes.ServiceTypeOptionHttp }), "Type", invalid},
		{"cloudmap-records", records(), records(a, sdtypes.RecordTypeAaaa), "DnsConfig.DnsRecords", invalid},
		{"cloudmap-records", records(a, a), records(a, srv), "DnsConfig.DnsRecords[A]", invalid},
		{"cloudmap-record-ttl", ttl(-1), ttl(0), "DnsConfig.DnsRecords[A].TTL", invalid},
		{"cloudmap-record-cname", records(name, a), weighted, "DnsConfig.DnsRecords[CNAME]", invalid},
		{"cloudmap-record-cname", records(name), weighted, "DnsConfig.RoutingPolicy", invalid},
		{"cloudmap-record-cname", both(in("public", weighted), check), in("public", weighted), "DnsConfig.DnsRecords[CNAME]", invalid},
		{"cloudmap-namespace", in("x", nil), in("http", nil), "NamespaceId", "NamespaceNotFound"},
		{"cloudmap-namespace", func(in *input) { in.NamespaceId = nil }, func(in *input) {
			in.NamespaceId, in.DnsConfig.NamespaceId = nil, aws.String("private") //nolint:staticcheck // as old programs still say it
		}, "NamespaceId", invalid},
		{"cloudmap-namespace-records", in("http", records(a)), in("http", nil), "DnsConfig", invalid},
		{"cloudmap-namespace-health", check, custom, "HealthCheckConfig", invalid},
	}, common(func(in *input, s *string) { in.Description = s }, func(in *input, s *string) { in.CreatorRequestId = s },
		func(in *input, l []sdtypes.Tag) { in.Tags = l })...))
}

func TestUpdatesOfServices(t *testing.T) {
	t.Parallel()
	type input = awssd.UpdateServiceInput
	of := func(id string) func(*input) { return func(in *input) { in.Id = &id } }
	records := func(types ...sdtypes.RecordType) func(*input) {
		return func(in *input) {
			in.Service.DnsConfig = &sdtypes.DnsConfigChange{DnsRecords: config(types...).DnsRecords}
		}
	}
	ttl := func(n int64) func(*input) {
		return func(in *input) {
			records(sdtypes.RecordTypeA)(in)
			in.Service.DnsConfig.DnsRecords[0].TTL = &n
		}
	}
	base := func() *input { return &input{Id: aws.String("a"), Service: &sdtypes.ServiceChange{}} }
	holds(t, sdrules.UpdateService, base, []row[input]{
		{"cloudmap-update-exists", of("x"), of("srv"), "Id", "ServiceNotFound"},
		{"cloudmap-update-http", of("api"), of("srv"), "Id", invalid},
		{"cloudmap-update-records", records(sdtypes.RecordTypeSrv), records(sdtypes.RecordTypeA), "Service.DnsConfig.DnsRecords", invalid},
		{"cloudmap-update-records", ttl(-1), ttl(1), "Service.DnsConfig.DnsRecords[A].TTL", invalid},
		{"cloudmap-update-description", func(in *input) { in.Service.Description = long(1025) }, func(in *input) { in.Service.Description = long(1024) }, "Service.Description", invalid},
	})
}

func TestInstances(t *testing.T) {
	t.Parallel()
	type input = awssd.RegisterInstanceInput
	id := func(s string) func(*input) { return func(in *input) { in.InstanceId = &s } }
	with := func(service string, attributes map[string]string) func(*input) {
		return func(in *input) { in.ServiceId, in.Attributes = &service, attributes }
	}
	many := func(n int) map[string]string {
		all := map[string]string{sdrules.AttrIPv4: "10.0.0.1"}
		for i := range n {
			all[fmt.Sprint("key", i)] = "value"
		}
		return all
	}
	one := func(key, value string) map[string]string { return map[string]string{key: value} }
	sized := func(n int) map[string]string { // of that many characters in all
		all := map[string]string{}
		for i := range 4 {
			all[fmt.Sprint(i)] = strings.Repeat("x", 1024)
		}
		all["last"] = strings.Repeat("x", n-4*1025-len("last"))
		return all
	}
	base := func() *input {
		return &input{ServiceId: aws.String("api"), InstanceId: aws.String("i-1"), Attributes: map[string]string{}}
	}
	holds(t, sdrules.RegisterInstance, base, []row[input]{
		{"cloudmap-instance-id", id("a b"), id("a/b:c@d.e_f-g"), "InstanceId", invalid},
		{"cloudmap-instance-id", id(strings.Repeat("x", 65)), id(strings.Repeat("x", 64)), "InstanceId", invalid},
		{"cloudmap-instance-attributes", with("api", many(31)), with("api", many(30)), "Attributes", invalid},
		{"cloudmap-instance-attributes", with("api", one(strings.Repeat("k", 256), "")), with("api", one(strings.Repeat("k", 255), "")), "Attributes", invalid},
		{"cloudmap-instance-attributes", with("api", one("k", strings.Repeat("v", 1025))), with("api", one("k", strings.Repeat("v", 1024))), "Attributes[k]", invalid},
		{"cloudmap-instance-attributes", with("api", sized(5001)), with("api", sized(5000)), "Attributes", invalid},
		{"cloudmap-instance-values", with("a", one(sdrules.AttrIPv4, "::1")), with("a", one(sdrules.AttrIPv4, "10.0.0.1")), "Attributes[AWS_INSTANCE_IPV4]", invalid},
		{"cloudmap-instance-values", with("aaaa", one(sdrules.AttrIPv6, "10.0.0.1")), with("aaaa", one(sdrules.AttrIPv6, "::1")), "Attributes[AWS_INSTANCE_IPV6]", invalid},
		{"cloudmap-instance-values", with("api", one(sdrules.AttrPort, "65536")), with("api", one(sdrules.AttrPort, "65535")), "Attributes[AWS_INSTANCE_PORT]", invalid},
		{"cloudmap-instance-values", with("api", one(sdrules.AttrInitHealth, "ILL")), with("api", one(sdrules.AttrInitHealth, "UNHEALTHY")), "Attributes[AWS_INIT_HEALTH_STATUS]", invalid},
		{"cloudmap-instance-alias", with("a", map[string]string{sdrules.AttrAlias: "x", sdrules.AttrPort: "1"}), with("a", one(sdrules.AttrAlias, "x")), "Attributes[AWS_INSTANCE_PORT]", invalid},
		{"cloudmap-instance-service", with("x", nil), with("api", nil), "ServiceId", "ServiceNotFound"},
		{"cloudmap-instance-records", with("a", nil), with("a", one(sdrules.AttrIPv4, "10.0.0.1")), "Attributes", invalid},
		{"cloudmap-instance-records", with("aaaa", nil), with("aaaa", one(sdrules.AttrIPv6, "::1")), "Attributes", invalid},
		{"cloudmap-instance-records", with("cname", nil), with("cname", one(sdrules.AttrCNAME, "example.com")), "Attributes", invalid},
		{"cloudmap-instance-records", with("srv", one(sdrules.AttrIPv4, "10.0.0.1")), with("srv", map[string]string{sdrules.AttrIPv4: "10.0.0.1", sdrules.AttrPort: "80"}), "Attributes", invalid},
		{"cloudmap-instance-records", with("srv", one(sdrules.AttrPort, "80")), nil, "Attributes", invalid},
	})
}
