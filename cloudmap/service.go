// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/override"
)

// Service declares a name in a namespace under which instances are found, such as the
// tasks of a service of ECS. The zero options: found by the API alone, without health
// checks.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
type Service struct {
	about     about
	in        NamespaceRef
	records   []record
	routing   Routing
	health    bool
	overrides []func(*awssd.CreateServiceInput)
}

type record struct {
	kind RecordType
	ttl  time.Duration
}

// RecordType is the type of a DNS record.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsRecord.html
type RecordType string

// The types of records that tasks can have.
const (
	// A has the IPv4 address of an instance. Not for tasks that share the address of
	// their host, in network modes bridge and host.
	A RecordType = "A"
	// AAAA has the IPv6 address of an instance.
	AAAA RecordType = "AAAA"
	// SRV has a port beside the address. Tasks are registered with that of a container.
	SRV RecordType = "SRV"
)

// Routing is which of the instances an answer of DNS has.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html
type Routing string

// The zero value is Multivalue.
const (
	// Multivalue answers with up to eight healthy instances.
	Multivalue Routing = "MULTIVALUE"
	// Weighted answers with one healthy instance, picked at random.
	Weighted Routing = "WEIGHTED"
)

// NewService declares a service of that name in the namespace: up to 127 characters, in
// labels of letters, digits, hyphens and underscores, and unique in the namespace.
func NewService(name string, in NamespaceRef) Service {
	if in == nil {
		in = NamespaceID("")
	}
	return Service{about: about{name: name}, in: in}
}

// WithRecord has instances be found by DNS too, by a record that resolvers keep for ttl,
// in whole seconds. Only in DNS namespaces, and one of each type. The types cannot be
// changed later; the TTL can.
func (s Service) WithRecord(kind RecordType, ttl time.Duration) Service {
	s.records = append(slices.Clip(s.records), record{kind, ttl})
	return s
}

// WithRouting chooses which instances an answer of DNS has; Multivalue if not called. It
// needs a record, and cannot be changed later.
func (s Service) WithRouting(r Routing) Service {
	s.routing = r
	return s
}

// WithCustomHealth leaves it to who registers instances to say which are healthy, as ECS
// does for its tasks by the health checks of their containers; only those are found. It
// cannot be changed later.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
func (s Service) WithCustomHealth() Service {
	s.health = true
	return s
}

// WithDescription says what the service is for, in up to 1024 characters. In an HTTP
// namespace it cannot be changed later.
func (s Service) WithDescription(text string) Service {
	s.about.description = text
	return s
}

// WithTag sets a tag.
func (s Service) WithTag(key, value string) Service {
	s.about = s.about.withTag(key, value)
	return s
}

// WithOverride has f change the input of CreateService after everything else, for what
// this builder does not offer.
func (s Service) WithOverride(f func(*awssd.CreateServiceInput)) Service {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID returns "cloudmap:Service/<namespace>/<name>".
func (s Service) ID() slipway.ID {
	return slipway.ID{Kind: model.KindService, Name: titleOf(s.in) + "/" + s.about.name}
}

// titleOf names a namespace; the zero Service has none.
func titleOf(n NamespaceRef) string {
	if n == nil {
		return ""
	}
	return n.title()
}

// ServiceID returns the ID, as a placeholder.
func (s Service) ServiceID() string { return slipway.Ref(s.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (s Service) ARN() string { return slipway.Ref(s.ID(), "arn") }

// Resources returns the service itself, which brings its namespace.
func (s Service) Resources() []slipway.Resource { return []slipway.Resource{s} }

func (s Service) discovered() {}

// Build returns the wanted state.
func (s Service) Build() (slipway.Desired, error) {
	if s.in == nil {
		return slipway.Desired{}, slipway.FieldError{Path: s.ID().String(), Got: "the zero Service", Want: "one of NewService", Rule: "cloudmap-builder"}
	}
	if s.routing != "" && len(s.records) == 0 {
		return slipway.Desired{}, slipway.FieldError{
			Path: s.ID().String(), Got: "WithRouting(" + string(s.routing) + ") without records", Want: "WithRecord, which it is about", Rule: "cloudmap-builder",
		}
	}
	in := s.input()
	overridden := override.Run("Create.", &in, s.overrides...)
	return slipway.Desired{
		Kind: serviceKind(), State: &model.Service{Create: in}, Uses: s.in.Resources(), Overridden: overridden,
	}, nil
}

func (s Service) input() awssd.CreateServiceInput {
	in := awssd.CreateServiceInput{
		Name: aws.String(s.about.name), NamespaceId: aws.String(s.in.NamespaceID()), Description: s.about.text(), Tags: tagList(s.about.tags),
	}
	if len(s.records) == 0 {
		in.Type = sdtypes.ServiceTypeOptionHttp
	} else {
		in.DnsConfig = &sdtypes.DnsConfig{RoutingPolicy: sdtypes.RoutingPolicy(orMultivalue(s.routing))}
	}
	for _, r := range s.records {
		in.DnsConfig.DnsRecords = append(in.DnsConfig.DnsRecords, sdtypes.DnsRecord{Type: sdtypes.RecordType(r.kind), TTL: seconds(r.ttl)})
	}
	if s.health {
		in.HealthCheckCustomConfig = custom(model.Threshold)
	}
	return in
}

func orMultivalue(r Routing) Routing {
	if r == "" {
		return Multivalue
	}
	return r
}

// custom is the configuration of custom health checks with a threshold; 0 is none.
func custom(threshold int32) *sdtypes.HealthCheckCustomConfig {
	return &sdtypes.HealthCheckCustomConfig{FailureThreshold: &threshold} //nolint:staticcheck // AWS shows it, always as 1
}

// Validate reports all that AWS would reject.
func (s Service) Validate() error { return validate(s, services{}) }
