// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	modelsd "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docRegistry  = api + "API_ServiceRegistry.html"
	docDiscovery = guide + "service-discovery.html"
)

// registryRules look at the services of Cloud Map in which tasks register.
var registryRules = []serviceRule{
	{Meta: rules.Meta{ID: "ecs-registry", Code: invalidParameter, Doc: docRegistry}, Check: registries},
	{Meta: rules.Meta{
		ID: "ecs-registry-arn", Code: invalidParameter, Doc: "https://github.com/hashicorp/terraform-provider-aws/issues/4373",
	}, Check: eachRegistry(registryARN)},
	{Meta: rules.Meta{
		ID: "ecs-registry-ports", Code: invalidParameter, Doc: "https://github.com/trussworks/terraform-aws-ecs-service/pull/344",
		Text: "Specify a value for either 'port' or the 'containerName' and 'containerPort' combination, but not both",
	}, Check: eachRegistry(registryPorts)},
	{Meta: rules.Meta{ID: "ecs-registry-classic", Code: invalidParameter, Doc: docDiscovery}, Check: eachRegistry(registryClassic)},
	{Meta: rules.Meta{ID: "ecs-registry-network", Code: invalidParameter, Doc: docDiscovery}, Check: eachRegistry(registryNetwork)},
	{Meta: rules.Meta{ID: "ecs-registry-container", Code: invalidParameter, Doc: docRegistry}, Check: eachRegistry(registryContainer)},
	{Meta: rules.Meta{ID: "ecs-registry-exists", Code: invalidParameter, Doc: docRegistry}, Check: eachRegistry(registryExists)},
	{Meta: rules.Meta{ID: "ecs-registry-address", Code: invalidParameter, Doc: docDiscovery}, Check: eachRegistry(registryAddress)},
	{Meta: rules.Meta{
		ID: "ecs-registry-port-needless", Code: invalidParameter, Doc: "https://github.com/umotif-public/terraform-aws-ecs-fargate/issues/25",
	}, Check: eachRegistry(registryPortNeedless)},
	{Meta: rules.Meta{ID: "ecs-registry-port-missing", Code: invalidParameter, Doc: docDiscovery}, Check: eachRegistry(registryPortMissing)},
}

type registryFunc func(r *rules.Report, path string, in *service, s *ecstypes.ServiceRegistry)

// eachRegistry makes a check of each registry.
func eachRegistry(check registryFunc) func(*rules.Report, *service) {
	return func(r *rules.Report, in *service) {
		for i := range in.ServiceRegistries {
			check(r, rules.Elem("ServiceRegistries", nil, i), in, &in.ServiceRegistries[i])
		}
	}
}

func registries(r *rules.Report, in *service) {
	if n := len(in.ServiceRegistries); n > 1 {
		r.Add(rules.Problem{Path: "ServiceRegistries", Got: fmt.Sprintf("%d registries", n), Want: "at most one"})
	}
	if mode, ok := networkMode(r, in); !ok || mode != ecstypes.NetworkModeBridge && mode != ecstypes.NetworkModeHost {
		return
	}
	for i, s := range in.ServiceRegistries {
		if value(s.ContainerName) == "" || s.ContainerPort == nil {
			r.Add(rules.Problem{
				Path: rules.Elem("ServiceRegistries", nil, i), Got: "no ContainerName or no ContainerPort", Want: "both",
				Text: "When specifying 'host' or 'bridge' for networkMode, values for 'containerName' and 'containerPort' must be specified " +
					"from the task definition. Registry: " + value(s.RegistryArn),
			})
		}
	}
}

// networkMode is that of the service's task definition, if it is known.
func networkMode(r *rules.Report, in *service) (ecstypes.NetworkMode, bool) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok {
		return "", false
	}
	if t.NetworkMode == "" {
		return ecstypes.NetworkModeBridge, true
	}
	return t.NetworkMode, true
}

var registryForm = regexp.MustCompile(`^arn:[a-z-]+:servicediscovery:[a-z0-9-]+:\d{12}:service/.+$`)

func registryARN(r *rules.Report, path string, _ *service, s *ecstypes.ServiceRegistry) {
	if arn := value(s.RegistryArn); !slipway.HasRef(arn) && !registryForm.MatchString(arn) {
		r.Add(rules.Problem{
			Path: path + ".RegistryArn", Got: quote(arn), Want: "the ARN of a service of Cloud Map",
			Text: "The format of the supplied service registry ARN is invalid: " + arn + ".",
		})
	}
}

func registryPorts(r *rules.Report, path string, _ *service, s *ecstypes.ServiceRegistry) {
	if s.Port != nil && (s.ContainerName != nil || s.ContainerPort != nil) {
		r.Add(rules.Problem{Path: path + ".Port", Got: strconv.Itoa(int(*s.Port)) + " beside a container", Want: "one of the two"})
	}
}

func registryClassic(r *rules.Report, path string, in *service, _ *ecstypes.ServiceRegistry) {
	if slices.ContainsFunc(in.LoadBalancers, func(lb ecstypes.LoadBalancer) bool { return value(lb.LoadBalancerName) != "" }) {
		r.Add(rules.Problem{Path: path, Got: "a registry beside a Classic Load Balancer", Want: "one of the two"})
	}
}

func registryNetwork(r *rules.Report, path string, in *service, _ *ecstypes.ServiceRegistry) {
	if mode, ok := networkMode(r, in); ok && mode == ecstypes.NetworkModeNone {
		r.Add(rules.Problem{Path: path, Got: "a registry with network mode none", Want: "network mode awsvpc, bridge or host"})
	}
}

func registryContainer(r *rules.Report, path string, in *service, s *ecstypes.ServiceRegistry) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	name := value(s.ContainerName)
	if !ok || name == "" {
		return
	}
	c, found := find(t, name)
	switch {
	case !found:
		r.Add(rules.Problem{Path: path + ".ContainerName", Got: quote(name), Want: "a container of the task definition"})
	case s.ContainerPort == nil:
		r.Add(rules.Problem{Path: path + ".ContainerPort", Got: "none", Want: "a port of the container's mappings"})
	case !exposes(c, *s.ContainerPort):
		r.Add(rules.Problem{Path: path + ".ContainerPort", Got: strconv.Itoa(int(*s.ContainerPort)), Want: "a port of the container's mappings"})
	}
}

func registryExists(r *rules.Report, path string, _ *service, s *ecstypes.ServiceRegistry) {
	if _, found, known := r.Get(modelsd.KindService, value(s.RegistryArn)); known && !found {
		r.Add(rules.Problem{Path: path + ".RegistryArn", Got: quote(value(s.RegistryArn)), Want: "a service of Cloud Map that exists"})
	}
}

// recordsOf are the DNS records of a registry; ok is false where they are not known, or
// there are none because it is found by API alone.
func recordsOf(r *rules.Report, s *ecstypes.ServiceRegistry) (types []sdtypes.RecordType, ok bool) {
	state, found, known := r.Get(modelsd.KindService, value(s.RegistryArn))
	registry, is := state.(*modelsd.Service)
	if !found || !known || !is || registry.Create.DnsConfig == nil {
		return nil, false
	}
	for _, d := range registry.Create.DnsConfig.DnsRecords {
		types = append(types, d.Type)
	}
	return types, len(types) > 0
}

// registryAddress: tasks that share the address of their host are told by their ports.
func registryAddress(r *rules.Report, path string, in *service, s *ecstypes.ServiceRegistry) {
	types, ok := recordsOf(r, s)
	mode, known := networkMode(r, in)
	if ok && known && (mode == ecstypes.NetworkModeBridge || mode == ecstypes.NetworkModeHost) && !slices.Equal(types, []sdtypes.RecordType{sdtypes.RecordTypeSrv}) {
		r.Add(rules.Problem{
			Path: path + ".RegistryArn", Got: fmt.Sprintf("records of type %s with network mode %s", types[0], mode), Want: "one of type SRV and no other",
		})
	}
}

func registryPortNeedless(r *rules.Report, path string, _ *service, s *ecstypes.ServiceRegistry) {
	types, ok := recordsOf(r, s)
	if !ok || slices.Contains(types, sdtypes.RecordTypeSrv) {
		return
	}
	for _, f := range []struct {
		field, name string
		set         bool
	}{
		{"ContainerPort", "containerPort", s.ContainerPort != nil}, {"ContainerName", "containerName", s.ContainerName != nil}, {"Port", "port", s.Port != nil},
	} {
		if f.set {
			r.Add(rules.Problem{
				Path: path + "." + f.field, Got: "one for a registry of type " + string(types[0]), Want: "none, or a record of type SRV",
				Text: "The values specified for serviceRegistries do not require a value for '" + f.name + "'. Remove the value and retry.",
			})
			return
		}
	}
}

func registryPortMissing(r *rules.Report, path string, in *service, s *ecstypes.ServiceRegistry) {
	types, ok := recordsOf(r, s)
	mode, known := networkMode(r, in)
	if ok && known && mode == ecstypes.NetworkModeAwsvpc && slices.Contains(types, sdtypes.RecordTypeSrv) && s.Port == nil && s.ContainerPort == nil {
		r.Add(rules.Problem{Path: path, Got: "no port for a record of type SRV", Want: "a container with its port, or a port"})
	}
}
