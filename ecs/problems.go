// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docPlatform = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html"
	docVolume   = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html"
	docGPU      = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ResourceRequirement.html"
	docPorts    = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html"
	docSecret   = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html"
)

// problems are the mistakes that only the builder can know of: the input does not
// show them any more.
func (t taskCore) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want, doc string) {
		all = append(all, slipway.FieldError{Path: t.ID().String() + " " + path, Got: got, Want: want, Doc: doc, Rule: "ecs-builder"})
	}
	if t.storage%GiB != 0 {
		add("EphemeralStorage.SizeInGiB", strconv.Itoa(int(t.storage))+" MiB", "whole GiB", "")
	}
	for i, c := range t.containers {
		path := rules.Elem("ContainerDefinitions", &c.name, i)
		if c.image != nil && t.architecture != "" && !runsOn(c.image, t.architecture.platform()) {
			add(path+".Image", "an image for "+strings.Join(c.image.ImagePlatforms(), ", "), "one for "+t.architecture.platform(), docPlatform)
		}
		if c.host.gpus < 0 {
			add(path+".ResourceRequirements", strconv.Itoa(c.host.gpus)+" GPUs", "1 or more", docGPU)
		}
		for _, p := range c.host.ports {
			if !slices.ContainsFunc(c.ports, func(own Port) bool { return own.from == p.port && own.protocol == p.protocol && own.to == own.from }) {
				add(path+".PortMappings", fmt.Sprintf("a host port for %d/%s", p.port, p.protocol), "one for a port of the container, not a range", docPorts)
			}
		}
		for _, s := range c.secrets {
			where := fmt.Sprintf("%s.Secrets[%s]", path, s.name)
			if s.secret == nil {
				add(where, "nil", "a secret", "")
			} else if got, want := s.secret.check(); want != "" {
				add(where+".ValueFrom", got, want, docSecret)
			}
		}
		for _, m := range c.mounts {
			if m.volume == nil {
				add(path+".MountPoints["+m.path+"]", "nil", "a volume", "")
			} else if efs, ok := m.volume.(EFSVolume); ok {
				if got, want := efs.problem(); want != "" {
					add(rules.Elem("Volumes", &efs.Name, 0)+".EfsVolumeConfiguration", got, want, docVolume)
				}
			}
		}
	}
	return all
}

// problems are what the service cannot be built with.
func (s serviceCore) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: s.ID().String() + " " + path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	if s.cluster == nil {
		add("Cluster", "nil", "a cluster")
	}
	for i, g := range s.groups {
		if g == nil {
			add(fmt.Sprintf("SecurityGroups[%d]", i), "nil", "a security group")
		}
	}
	all = append(all, capacityProblems(s.ID(), s.cluster, s.capacity)...)
	all = append(all, volumeProblems(s.ID(), s.task.volumes(), true)...)
	all = append(all, s.instanceProblems()...)
	all = append(all, s.registryProblems()...)
	all = append(all, shiftProblems(s.ID(), s.deployment)...)
	for i, r := range s.routes {
		route, application := r.route.(elb.Route)
		switch {
		case r.route == nil:
			add(fmt.Sprintf("LoadBalancers[%d]", i), "nil", "a route of a load balancer or listener")
		case application && route.Listener() == nil:
			add(fmt.Sprintf("LoadBalancers[%d]", i), "an empty elb.Route", "a route of a load balancer or listener")
		}
	}
	return all
}
