// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/rules"
)

const docInstance = api + "API_RegisterInstance.html"

// The attributes that mean something to Cloud Map.
const (
	AttrIPv4       = "AWS_INSTANCE_IPV4"
	AttrIPv6       = "AWS_INSTANCE_IPV6"
	AttrPort       = "AWS_INSTANCE_PORT"
	AttrCNAME      = "AWS_INSTANCE_CNAME"
	AttrAlias      = "AWS_ALIAS_DNS_NAME"
	AttrEC2        = "AWS_EC2_INSTANCE_ID"
	AttrInitHealth = "AWS_INIT_HEALTH_STATUS"
)

// The bounds of instances.
const (
	maxAttributes     = 30
	maxAttributeKey   = 255
	maxAttributeValue = 1024
	maxAttributeSum   = 5000
	highestPort       = 65535
)

var instanceName = regexp.MustCompile(`^[0-9a-zA-Z_/:.@-]{1,64}$`)

type instance = awssd.RegisterInstanceInput

// RegisterInstance holds the rules of instances. Their service is looked up by ID.
var RegisterInstance = rules.Of[instance]{
	{Meta: rules.Meta{ID: "cloudmap-instance-id", Code: invalid, Doc: docInstance}, Check: func(r *rules.Report, in *instance) {
		if id := value(in.InstanceId); !instanceName.MatchString(id) {
			r.Add(rules.Problem{Path: "InstanceId", Got: quote(id), Want: "1 to 64 letters, digits and _/:.@-"})
		}
	}},
	{Meta: rules.Meta{ID: "cloudmap-instance-attributes", Code: invalid, Doc: docInstance}, Check: attributes},
	{Meta: rules.Meta{ID: "cloudmap-instance-values", Code: invalid, Doc: docInstance}, Check: attributeValues},
	{Meta: rules.Meta{ID: "cloudmap-instance-alias", Code: invalid, Doc: docInstance}, Check: alias},
	{Meta: rules.Meta{ID: "cloudmap-instance-service", Code: serviceNotFound, Doc: docInstance, Text: "Service not found."},
		Check: func(r *rules.Report, in *instance) {
			if _, found, known := r.Get(model.KindService, value(in.ServiceId)); known && !found {
				r.Add(rules.Problem{Path: "ServiceId", Got: quote(value(in.ServiceId)), Want: "a service that exists"})
			}
		}},
	{Meta: rules.Meta{ID: "cloudmap-instance-records", Code: invalid, Doc: docInstance}, Check: attributesOfRecords},
}

// own reports whether Cloud Map gives the attribute a meaning.
func own(key string) bool { return strings.HasPrefix(key, "AWS_") }

func attributes(r *rules.Report, in *instance) {
	custom, sum := 0, 0
	for _, key := range slices.Sorted(maps.Keys(in.Attributes)) {
		sum += len(key) + len(in.Attributes[key])
		if !own(key) {
			custom++
		}
		switch {
		case key == "" || len(key) > maxAttributeKey:
			r.Add(rules.Problem{Path: "Attributes", Got: quote(key), Want: "names of 1 to 255 characters"})
		case len(in.Attributes[key]) > maxAttributeValue:
			r.Add(rules.Problem{Path: "Attributes[" + key + "]", Got: count(len(in.Attributes[key]), "character"), Want: "at most 1024"})
		}
	}
	if custom > maxAttributes {
		r.Add(rules.Problem{Path: "Attributes", Got: count(custom, "attribute"), Want: "at most 30"})
	}
	if sum > maxAttributeSum {
		r.Add(rules.Problem{Path: "Attributes", Got: count(sum, "character"), Want: "at most 5000 in all names and values"})
	}
}

func attributeValues(r *rules.Report, in *instance) {
	bad := func(key, want string) {
		r.Add(rules.Problem{Path: "Attributes[" + key + "]", Got: quote(in.Attributes[key]), Want: want})
	}
	address := func(key, want string, is func(netip.Addr) bool) {
		if given, ok := in.Attributes[key]; ok {
			if a, err := netip.ParseAddr(given); err != nil || !is(a) {
				bad(key, want)
			}
		}
	}
	address(AttrIPv4, "an IPv4 address", netip.Addr.Is4)
	address(AttrIPv6, "an IPv6 address", netip.Addr.Is6)
	if given, ok := in.Attributes[AttrPort]; ok {
		if n, err := strconv.Atoi(given); err != nil || n < 0 || n > highestPort {
			bad(AttrPort, fmt.Sprintf("0 to %d", highestPort))
		}
	}
	if given, ok := in.Attributes[AttrInitHealth]; ok && !slices.Contains(sdtypes.CustomHealthStatus("").Values(), sdtypes.CustomHealthStatus(given)) {
		bad(AttrInitHealth, "HEALTHY or UNHEALTHY")
	}
}

func alias(r *rules.Report, in *instance) {
	if in.Attributes[AttrAlias] == "" {
		return
	}
	for _, key := range []string{AttrIPv4, AttrIPv6, AttrPort, AttrCNAME} {
		if _, ok := in.Attributes[key]; ok {
			r.Add(rules.Problem{Path: "Attributes[" + key + "]", Got: "one beside " + AttrAlias, Want: "one of the two"})
		}
	}
}

// attributesOfRecords reports what is lacking for the records of the service.
func attributesOfRecords(r *rules.Report, in *instance) {
	state, found, known := r.Get(model.KindService, value(in.ServiceId))
	s, ok := state.(*model.Service)
	if !found || !known || !ok || in.Attributes[AttrAlias] != "" {
		return
	}
	need := func(t sdtypes.RecordType, keys ...string) {
		for _, key := range keys {
			if in.Attributes[key] != "" {
				return
			}
		}
		r.Add(rules.Problem{
			Path: "Attributes", Got: "no " + strings.Join(keys, " or "), Want: "one for the record of type " + string(t),
		})
	}
	for _, t := range typesOf(&s.Create) {
		switch t {
		case sdtypes.RecordTypeA:
			need(t, AttrIPv4)
		case sdtypes.RecordTypeAaaa:
			need(t, AttrIPv6)
		case sdtypes.RecordTypeCname:
			need(t, AttrCNAME)
		case sdtypes.RecordTypeSrv:
			need(t, AttrPort)
			need(t, AttrIPv4, AttrIPv6)
		}
	}
}
