// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// ServiceRef names a service that exists: a declared [FargateService], [EC2Service],
// [EC2DaemonService], [ManagedService] or [ExpressService], or any other by [ServiceNamed]
// or [ServiceARN]. The set is sealed.
type ServiceRef interface {
	// located returns where the service is, by names.
	located() (place, error)
}

// place is a service by the names of its cluster and its own.
type place struct{ cluster, service string }

func (p place) String() string { return p.cluster + "/" + p.service }

// serviceID is the ID of the service in a stack.
func serviceID(at place) slipway.ID { return slipway.ID{Kind: model.KindService, Name: at.String()} }

// ServiceNamed returns the service of that name in a cluster.
func ServiceNamed(cluster, service string) ServiceRef { return namedService{cluster, service} }

type namedService place

func (s namedService) located() (place, error) {
	switch {
	case s.cluster == "":
		return place{}, slipway.FieldError{Path: "ServiceNamed", Got: `""`, Want: "the name of a cluster"}
	case s.service == "":
		return place{}, slipway.FieldError{Path: "ServiceNamed", Got: `""`, Want: "the name of a service"}
	}
	return place(s), nil
}

// ServiceARN returns the service of an ARN in the long form,
// arn:aws:ecs:<region>:<account>:service/<cluster>/<service>.
func ServiceARN(serviceARN string) ServiceRef { return arnService(serviceARN) }

type arnService string

func (s arnService) located() (place, error) {
	a, err := arn.Parse(string(s))
	parts := splitResource(a.Resource, "service")
	if err != nil || a.Service != "ecs" || len(parts) != 2 {
		return place{}, slipway.FieldError{
			Path: "ServiceARN", Got: fmt.Sprintf("%q", string(s)), Want: "arn:aws:ecs:<region>:<account>:service/<cluster>/<service>",
			Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids",
		}
	}
	return place{cluster: parts[0], service: parts[1]}, nil
}

func (s FargateService) located() (place, error) { return s.core.located("FargateService") }

// splitResource splits the resource of an ARN, "service/<cluster>/<name>", into
// what follows its type; nil if it is of another type.
func splitResource(resource, kind string) []string {
	parts := strings.Split(resource, "/")
	if parts[0] != kind || slices.Contains(parts, "") {
		return nil
	}
	return parts[1:]
}
