// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"regexp"
	"slices"
	"strings"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docService   = api + "API_CreateService.html"
	docDNSRecord = api + "API_DnsRecord.html"
)

// serviceName is the form of names: labels of DNS, which may begin with an underscore.
var serviceName = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*$`)

const maxServiceName = 127

type serviceInput = awssd.CreateServiceInput

// CreateService holds the rules of services.
var CreateService = slices.Concat(rules.Of[serviceInput]{
	{Meta: rules.Meta{ID: "cloudmap-service-name", Code: invalid, Doc: docService}, Check: func(r *rules.Report, in *serviceInput) {
		named(r, in.Name, serviceName, maxServiceName, "1 to 127 characters, in labels of up to 63 letters, digits, hyphens and underscores")
	}},
	{Meta: rules.Meta{ID: "cloudmap-health-checks", Code: invalid, Doc: docService}, Check: func(r *rules.Report, in *serviceInput) {
		if in.HealthCheckConfig != nil && in.HealthCheckCustomConfig != nil {
			r.Add(rules.Problem{Path: "HealthCheckConfig", Got: "one beside HealthCheckCustomConfig", Want: "one of the two"})
		}
	}},
	{Meta: rules.Meta{ID: "cloudmap-service-type", Code: invalid, Doc: docService}, Check: func(r *rules.Report, in *serviceInput) {
		if in.Type != "" && in.DnsConfig != nil {
			r.Add(rules.Problem{Path: "Type", Got: string(in.Type) + " with DNS records", Want: "none, or no DNS records"})
		}
	}},
	{Meta: rules.Meta{ID: "cloudmap-records", Code: invalid, Doc: docDNSRecord}, Check: withRecords(records)},
	{Meta: rules.Meta{ID: "cloudmap-record-ttl", Code: invalid, Doc: docDNSRecord}, Check: withRecords(recordTTL)},
	{Meta: rules.Meta{ID: "cloudmap-record-cname", Code: invalid, Doc: docDNSRecord}, Check: withRecords(cname)},
}, commonRules(func(in *serviceInput) common {
	return common{in.Description, in.CreatorRequestId, in.Tags}
}), rules.Of[serviceInput]{
	{Meta: rules.Meta{ID: "cloudmap-namespace", Code: namespaceNotFound, Doc: docService}, Check: inNamespace},
	{Meta: rules.Meta{ID: "cloudmap-namespace-records", Code: invalid, Doc: api + "API_CreateHttpNamespace.html"}, Check: recordsOfNamespace},
	{Meta: rules.Meta{ID: "cloudmap-namespace-health", Code: invalid, Doc: docService}, Check: healthOfNamespace},
})

// withRecords makes check one of services that have DNS records.
func withRecords(check func(*rules.Report, *serviceInput)) func(*rules.Report, *serviceInput) {
	return func(r *rules.Report, in *serviceInput) {
		if in.DnsConfig != nil {
			check(r, in)
		}
	}
}

// typesOf are the types of a service's records.
func typesOf(in *serviceInput) []sdtypes.RecordType {
	var all []sdtypes.RecordType
	if in.DnsConfig != nil {
		for _, d := range in.DnsConfig.DnsRecords {
			all = append(all, d.Type)
		}
	}
	return all
}

func records(r *rules.Report, in *serviceInput) {
	all := typesOf(in)
	if len(all) == 0 {
		r.Add(rules.Problem{Path: "DnsConfig.DnsRecords", Got: "none", Want: "one or more"})
	}
	for i, t := range all {
		if slices.Index(all, t) < i {
			r.Add(rules.Problem{Path: recordPath(t, i), Got: "two records of type " + string(t), Want: "one"})
		}
	}
}

func recordPath(t sdtypes.RecordType, i int) string {
	name := string(t)
	return rules.Elem("DnsConfig.DnsRecords", &name, i)
}

func recordTTL(r *rules.Report, in *serviceInput) {
	for i, d := range in.DnsConfig.DnsRecords {
		ttl(r, recordPath(d.Type, i)+".TTL", d.TTL)
	}
}

func cname(r *rules.Report, in *serviceInput) {
	all := typesOf(in)
	if !slices.Contains(all, sdtypes.RecordTypeCname) {
		return
	}
	switch path := "DnsConfig.DnsRecords[CNAME]"; {
	case len(all) > 1:
		r.Add(rules.Problem{Path: path, Got: "CNAME beside other records", Want: "CNAME alone"})
	case in.HealthCheckConfig != nil:
		r.Add(rules.Problem{Path: path, Got: "CNAME with HealthCheckConfig", Want: "no HealthCheckConfig"})
	case in.DnsConfig.RoutingPolicy != sdtypes.RoutingPolicyWeighted:
		r.Add(rules.Problem{Path: "DnsConfig.RoutingPolicy", Got: string(in.DnsConfig.RoutingPolicy) + " with CNAME", Want: "WEIGHTED"})
	}
}

// namespaceOf is the namespace of a service, if it is known.
func namespaceOf(r *rules.Report, in *serviceInput) (n *model.Namespace, id string, found, known bool) {
	id = value(in.NamespaceId)
	if id == "" && in.DnsConfig != nil {
		id = value(in.DnsConfig.NamespaceId) //nolint:staticcheck // as old programs still say it
	}
	if id == "" {
		return nil, "", false, true
	}
	state, found, known := r.Get(model.KindNamespace, id)
	n, ok := state.(*model.Namespace)
	return n, id, found, known && (ok || !found)
}

func inNamespace(r *rules.Report, in *serviceInput) {
	_, id, found, known := namespaceOf(r, in)
	switch {
	case id == "":
		r.Add(rules.Problem{Path: "NamespaceId", Got: "none", Want: "a namespace", Code: invalid})
	case known && !found:
		r.Add(rules.Problem{Path: "NamespaceId", Got: quote(id), Want: "a namespace that exists", Text: "Namespace not found."})
	}
}

func recordsOfNamespace(r *rules.Report, in *serviceInput) {
	if n, _, found, known := namespaceOf(r, in); found && known && n.HTTP != nil && in.DnsConfig != nil {
		r.Add(rules.Problem{Path: "DnsConfig", Got: "DNS records in an HTTP namespace", Want: "none, or a DNS namespace"})
	}
}

func healthOfNamespace(r *rules.Report, in *serviceInput) {
	n, _, found, known := namespaceOf(r, in)
	if found && known && n.Private != nil && in.HealthCheckConfig != nil {
		r.Add(rules.Problem{
			Path: "HealthCheckConfig", Got: "one in a private DNS namespace", Want: "HealthCheckCustomConfig: Route 53 cannot check there",
		})
	}
}

// UpdateService holds the rules of changes to services, which are looked up by ID.
var UpdateService = rules.Of[awssd.UpdateServiceInput]{
	{Meta: rules.Meta{ID: "cloudmap-update-exists", Code: serviceNotFound, Doc: api + "API_UpdateService.html", Text: "Service not found."},
		Check: func(r *rules.Report, in *awssd.UpdateServiceInput) {
			if _, found, known := r.Get(model.KindService, value(in.Id)); known && !found {
				r.Add(rules.Problem{Path: "Id", Got: quote(value(in.Id)), Want: "a service that exists"})
			}
		}},
	{Meta: rules.Meta{ID: "cloudmap-update-http", Code: invalid, Doc: api + "API_UpdateService.html"}, Check: updateHTTP},
	{Meta: rules.Meta{ID: "cloudmap-update-records", Code: invalid, Doc: api + "API_DnsConfig.html"}, Check: updateRecords},
	{Meta: rules.Meta{ID: "cloudmap-update-description", Code: invalid, Doc: api + "API_ServiceChange.html"},
		Check: func(r *rules.Report, in *awssd.UpdateServiceInput) {
			if in.Service != nil {
				longest(r, "Service.Description", in.Service.Description, maxDescription)
			}
		}},
}

// updated is the service as it is.
func updated(r *rules.Report, in *awssd.UpdateServiceInput) *serviceInput {
	state, found, known := r.Get(model.KindService, value(in.Id))
	if s, ok := state.(*model.Service); found && known && ok && in.Service != nil {
		return &s.Create
	}
	return nil
}

func updateHTTP(r *rules.Report, in *awssd.UpdateServiceInput) {
	s := updated(r, in)
	if s == nil {
		return
	}
	if n, _, found, known := namespaceOf(r, s); found && known && n.HTTP != nil {
		r.Add(rules.Problem{Path: "Id", Got: "a service of an HTTP namespace", Want: "one of a DNS namespace: others cannot be changed"})
	}
}

func updateRecords(r *rules.Report, in *awssd.UpdateServiceInput) {
	s := updated(r, in)
	if s == nil || in.Service.DnsConfig == nil {
		return
	}
	was, will := typesOf(s), typesOf(&serviceInput{DnsConfig: &sdtypes.DnsConfig{DnsRecords: in.Service.DnsConfig.DnsRecords}})
	slices.Sort(was)
	slices.Sort(will)
	if !slices.Equal(was, will) {
		r.Add(rules.Problem{Path: "Service.DnsConfig.DnsRecords", Got: list(will), Want: "the types that it has: " + list(was)})
	}
	for i, d := range in.Service.DnsConfig.DnsRecords {
		ttl(r, "Service."+recordPath(d.Type, i)+".TTL", d.TTL)
	}
}

func list(all []sdtypes.RecordType) string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}
