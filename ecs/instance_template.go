// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// InstanceImage is an image for container instances, by the parameter of Systems
// Manager that has its newest version. New instances get that; those that run are
// replaced by an instance refresh.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
type InstanceImage string

// The images that AWS keeps for ECS.
const (
	AL2023            InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
	AL2023ARM64       InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
	AL2023GPU         InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"
	AL2023Neuron      InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2023/neuron/recommended/image_id"
	AL2               InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id"
	AL2ARM64          InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2/arm64/recommended/image_id"
	AL2GPU            InstanceImage = "/aws/service/ecs/optimized-ami/amazon-linux-2/gpu/recommended/image_id"
	Bottlerocket      InstanceImage = "/aws/service/bottlerocket/aws-ecs-2/x86_64/latest/image_id"
	BottlerocketARM64 InstanceImage = "/aws/service/bottlerocket/aws-ecs-2/arm64/latest/image_id"
	// BottlerocketGPU has the drivers of NVIDIA.
	BottlerocketGPU InstanceImage = "/aws/service/bottlerocket/aws-ecs-2-nvidia/x86_64/latest/image_id"
)

func (i InstanceImage) bottlerocket() bool { return strings.Contains(string(i), "/bottlerocket/") }

// InstanceTemplate makes the launch template of instances that join a cluster: with the
// image, the user data that names the cluster, a role with what the agent of ECS needs
// and no more, and a security group. It is a value: each With returns a copy.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_container_instance.html
type InstanceTemplate struct {
	name       string
	cluster    ClusterRef
	image      InstanceImage
	network    vpc.Network
	kind       string
	role       iam.Role
	groups     []vpc.GroupRef
	attributes map[string]string
	settings   map[string]string
	spotDrain  bool
}

// NewInstanceTemplate returns the template of that name for instances in the network
// that join the cluster. It only refers to the cluster, which the stack declares besides:
// mostly with the capacity provider whose group has this template.
func NewInstanceTemplate(name string, cluster ClusterRef, image InstanceImage, network vpc.Network) InstanceTemplate {
	return InstanceTemplate{name: name, cluster: cluster, image: image, network: network, role: iam.NewDerivedRole("ecs-" + name + "-instance")}
}

// WithInstanceType sets the type, such as "m7i.large"; a group with several types needs
// none.
func (t InstanceTemplate) WithInstanceType(kind string) InstanceTemplate {
	t.kind = kind
	return t
}

// WithRole gives the instances a role of one's own, to which what the agent needs is
// added. Tasks should have task roles instead.
func (t InstanceTemplate) WithRole(r iam.Role) InstanceTemplate {
	t.role = r
	return t
}

// WithSecurityGroup adds a security group of the instances. Without any they get one of
// their own, which nobody gets through.
func (t InstanceTemplate) WithSecurityGroup(g vpc.GroupRef) InstanceTemplate {
	t.groups = append(slices.Clip(t.groups), g)
	return t
}

// WithAttribute gives the instances an attribute for placement constraints.
func (t InstanceTemplate) WithAttribute(name, value string) InstanceTemplate {
	t.attributes = with(t.attributes, name, value)
	return t
}

// WithSpotDraining has the agent drain an instance that Spot takes back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html
func (t InstanceTemplate) WithSpotDraining() InstanceTemplate {
	t.spotDrain = true
	return t
}

// WithAgentSetting sets a variable of the agent, such as ECS_RESERVED_MEMORY; under
// Bottlerocket a key below settings.ecs with its value in TOML, such as
// "reserved-memory" and "256".
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
func (t InstanceTemplate) WithAgentSetting(name, value string) InstanceTemplate {
	t.settings = with(t.settings, name, value)
	return t
}

// LaunchTemplate returns the launch template, with which a group of package autoscaling
// is made.
func (t InstanceTemplate) LaunchTemplate() autoscaling.LaunchTemplate {
	profile := iam.NewDerivedInstanceProfile("ecs-"+t.name, t.instanceRole())
	l := autoscaling.NewLaunchTemplate(t.name, autoscaling.SSMImage(t.image)).
		WithInstanceProfile(profile).WithUserData(t.userData())
	if c, ok := t.cluster.(existingCluster); ok {
		l = l.WithUses(c.Resources()...)
	}
	if t.kind != "" {
		l = l.WithInstanceType(t.kind)
	}
	groups := t.groups
	if len(groups) == 0 {
		groups = []vpc.GroupRef{vpc.NewSecurityGroup("ecs-"+t.name, "Container instances of "+t.name, t.network)}
	}
	for _, g := range groups {
		l = l.WithSecurityGroup(g)
	}
	return l
}

func (t InstanceTemplate) clusterRef() string {
	if t.cluster == nil {
		return "default" // the agent's own default
	}
	return t.cluster.clusterRef()
}

// instanceRole is the role with what the agent needs: what the managed policy
// AmazonEC2ContainerServiceforEC2Role has for it, on the one cluster where IAM lets it.
// Images and logs are the business of execution roles.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
func (t InstanceTemplate) instanceRole() iam.Role {
	cluster := ownARN("ecs", "cluster/"+t.clusterRef())
	instances := ownARN("ecs", "container-instance/"+t.clusterRef()+"/*")
	role := t.role.
		WithAllow(cluster, "ecs:DeregisterContainerInstance", "ecs:RegisterContainerInstance",
			"ecs:SubmitAttachmentStateChanges", "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange").
		WithAllow(instances, "ecs:Poll", "ecs:StartTelemetrySession").
		WithAllow("*", "ecs:DiscoverPollEndpoint")
	if t.spotDrain {
		role = role.WithAllow(instances, "ecs:UpdateContainerInstancesState")
	}
	return role
}

// userData is what the instance reads when it starts.
func (t InstanceTemplate) userData() string {
	if t.image.bottlerocket() {
		return t.bottlerocketData()
	}
	settings := maps.Clone(t.settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["ECS_CLUSTER"] = t.clusterRef()
	if t.spotDrain {
		settings["ECS_ENABLE_SPOT_INSTANCE_DRAINING"] = "true"
	}
	if len(t.attributes) > 0 {
		settings["ECS_INSTANCE_ATTRIBUTES"] = jsonObject(t.attributes)
	}
	var b strings.Builder
	b.WriteString("#!/bin/bash\ncat <<'EOF' >> /etc/ecs/ecs.config\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s=%s\n", name, settings[name])
	}
	b.WriteString("EOF\n")
	return b.String()
}

// bottlerocketData is the settings in TOML.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-bottlerocket.html
func (t InstanceTemplate) bottlerocketData() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[settings.ecs]\ncluster = %q\n", t.clusterRef())
	if t.spotDrain {
		b.WriteString("enable-spot-instance-draining = true\n")
	}
	for _, name := range slices.Sorted(maps.Keys(t.settings)) {
		fmt.Fprintf(&b, "%s = %s\n", name, t.settings[name])
	}
	if len(t.attributes) > 0 {
		b.WriteString("\n[settings.ecs.instance-attributes]\n")
	}
	for _, name := range slices.Sorted(maps.Keys(t.attributes)) {
		fmt.Fprintf(&b, "%q = %q\n", name, t.attributes[name])
	}
	return b.String()
}

// jsonObject writes an object with its keys sorted.
func jsonObject(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%q:%q", k, m[k]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
