// SPDX-License-Identifier: Apache-2.0

// Package servicediscovery is the simulated AWS Cloud Map: namespaces, services, and the
// instances that register in them, such as the tasks of ECS. Nothing resolves by DNS.
package servicediscovery

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	timing  world.Timing
	network Network
	regions sim.Regional[region]
}

// Network is what private namespaces need of EC2.
type Network interface {
	// DefaultGroup returns the default security group of a VPC; empty if there is no
	// such VPC.
	DefaultGroup(region, vpc string) string
}

var _ world.Registries = (*Fake)(nil)

// region has what is in a region, by id.
type region struct {
	account, name string
	namespaces    map[string]*namespace
	services      map[string]*service
	operations    map[string]*operation
}

// New returns the service without namespaces.
func New(s *sim.Sim, t world.Timing, network Network) *Fake {
	f := &Fake{sim: s, timing: t, network: network}
	f.regions.New = func(account, name string) *region {
		return &region{
			account: account, name: name,
			namespaces: map[string]*namespace{}, services: map[string]*service{}, operations: map[string]*operation{},
		}
	}
	return f
}

// Services returns the operations of Cloud Map.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("ServiceDiscovery", "servicediscovery")
	s.Things = f.things
	f.namespaceOperations(s)
	f.serviceOperations(s)
	f.instanceOperations(s)
	f.discoverOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

func (r *region) arn(resource string) string {
	return "arn:" + sim.Partition(r.name) + ":servicediscovery:" + r.name + ":" + r.account + ":" + resource
}

// idLength is how many characters ids have after their prefix.
const idLength = 16

// idOf is the id of a thing that was named by id or ARN.
func idOf(ref *string) string {
	s := aws.ToString(ref)
	return s[strings.LastIndexByte(s, '/')+1:]
}

// unblank is nil for an empty text.
func unblank(s *string) *string {
	if aws.ToString(s) == "" {
		return nil
	}
	return s
}

func invalid(text string) error { return &sdtypes.InvalidInput{Message: &text} }

func noNamespace() error {
	return &sdtypes.NamespaceNotFound{Message: aws.String("Namespace not found.")}
}

func noService() error { return &sdtypes.ServiceNotFound{Message: aws.String("Service not found.")} }

func noInstance(id *string) error {
	return &sdtypes.InstanceNotFound{Message: aws.String("Instance " + aws.ToString(id) + " not found.")}
}

// typed makes the SDK's exception of a rule's code.
func typed(code, text string) error {
	switch code {
	case "InvalidInput":
		return invalid(text)
	case "NamespaceNotFound":
		return &sdtypes.NamespaceNotFound{Message: &text}
	case "ServiceNotFound":
		return &sdtypes.ServiceNotFound{Message: &text}
	case "TooManyTagsException":
		return &sdtypes.TooManyTagsException{Message: &text}
	default:
		return nil
	}
}

// on says that the caller needs the action on a thing that is named by id or ARN.
func on[I any](action, kind string, ref func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "servicediscovery:" + action, Resource: c.ARN("servicediscovery", kind+"/"+idOf(ref(in)))}}
	})
}

// making says that the caller needs the action on the resource, and may tag what is made.
func making[I any](action string, resource func(c *sim.Call, in *I) string, tags func(in *I) []sdtypes.Tag) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		create := sim.Access{Action: "servicediscovery:" + action, Resource: resource(c, in)}
		tag := sim.Access{Action: "servicediscovery:TagResource", Resource: "*"}
		for _, t := range tags(in) {
			create = create.With("aws:RequestTag/"+aws.ToString(t.Key), aws.ToString(t.Value))
			tag = tag.With("aws:RequestTag/"+aws.ToString(t.Key), aws.ToString(t.Value))
		}
		if len(tags(in)) == 0 {
			return []sim.Access{create}
		}
		return []sim.Access{create, tag}
	})
}

const pageSize = 100

func page[E any](all []E, token *string, size *int32) ([]E, *string, error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > pageSize {
		return nil, nil, invalid("MaxResults must be 1 to 100.")
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, invalid("Invalid NextToken.")
	}
	return cut, next, nil
}
