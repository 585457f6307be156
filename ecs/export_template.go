// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/internal/gosource"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

// template declares a launch template of instances that join a cluster, if the stack owns
// it and its user data is as [InstanceTemplate] writes it. What else it has the plan tells.
func (x *exporter) template(name string, network expressed[vpc.Network]) (l expressed[autoscaling.LaunchTemplate], ok bool) {
	s := ownedState[modelasg.LaunchTemplate](x, modelasg.KindLaunchTemplate, name)
	if s == nil || s.Create.LaunchTemplateData == nil {
		return l, false
	}
	data := s.Create.LaunchTemplateData
	parameter, bySSM := strings.CutPrefix(text(data.ImageId), "resolve:ssm:")
	written, err := base64.StdEncoding.DecodeString(text(data.UserData))
	agent, read := readAgent(string(written))
	if !bySSM || err != nil || !read {
		x.leavef("launch template %s cannot be declared: its image or its user data is not one of ecs.NewInstanceTemplate", name)
		return l, false
	}
	cluster := gosource.Call[ClusterRef](x.p, ClusterNamed(agent.cluster), "ecs.ClusterNamed", agent.cluster)
	if ownedState[model.Cluster](x, model.KindCluster, agent.cluster) != nil {
		cluster = gosource.Call[ClusterRef](x.p, NewCluster(agent.cluster), "ecs.NewCluster", agent.cluster)
	}
	image := InstanceImage(parameter)
	t := gosource.Call(x.p, NewInstanceTemplate(name, cluster.V, image, network.V), "ecs.NewInstanceTemplate", name, cluster,
		gosource.Of(x.p, image, x.imageText(image)), network)
	if kind := string(data.InstanceType); kind != "" {
		t = t.Then(t.V.WithInstanceType(kind), "WithInstanceType", kind)
	}
	t = x.templateGroups(t, name, data)
	if agent.drains {
		t = t.Then(t.V.WithSpotDraining(), "WithSpotDraining")
	}
	for _, k := range sortedKeys(agent.attributes) {
		t = t.Then(t.V.WithAttribute(k, agent.attributes[k]), "WithAttribute", k, agent.attributes[k])
	}
	for _, k := range sortedKeys(agent.settings) {
		agent.settings[k] = x.withheldOf("setting "+k+" of the agents of launch template "+name, k, agent.settings[k])
		t = t.Then(t.V.WithAgentSetting(k, agent.settings[k]), "WithAgentSetting", k, agent.settings[k])
	}
	l = gosource.Method(t, t.V.LaunchTemplate(), "LaunchTemplate")
	for _, spec := range s.Create.TagSpecifications {
		for _, tag := range spec.Tags {
			l = l.Then(l.V.WithTag(text(tag.Key), text(tag.Value)), "WithTag", text(tag.Key), text(tag.Value))
		}
	}
	return gosource.Define(x.body, x.templateParts(l, data), name+"Template", "template"), true
}

// templateGroups names the security groups of the instances, unless they have their own.
func (x *exporter) templateGroups(t expressed[InstanceTemplate], name string, data *ec2types.RequestLaunchTemplateData) expressed[InstanceTemplate] {
	own := slipway.ID{Kind: modelvpc.KindSecurityGroup, Name: "ecs-" + name}
	if len(data.SecurityGroupIds) == 1 && x.owned[own].Output("id") == data.SecurityGroupIds[0] {
		return t
	}
	for _, id := range data.SecurityGroupIds {
		g := x.securityGroup(id)
		t = t.Then(t.V.WithSecurityGroup(g.V), "WithSecurityGroup", g)
	}
	return t
}

// templateParts is what a launch template has besides.
func (x *exporter) templateParts(l expressed[autoscaling.LaunchTemplate], data *ec2types.RequestLaunchTemplateData) expressed[autoscaling.LaunchTemplate] {
	if key := text(data.KeyName); key != "" {
		l = l.Then(l.V.WithKeyName(key), "WithKeyName", key)
	}
	if m := data.Monitoring; m != nil && m.Enabled != nil && *m.Enabled {
		l = l.Then(l.V.WithDetailedMonitoring(), "WithDetailedMonitoring")
	}
	for _, spec := range data.TagSpecifications {
		for _, tag := range spec.Tags {
			k, v := text(tag.Key), text(tag.Value)
			switch spec.ResourceType { //nolint:exhaustive // the plan tells of others
			case ec2types.ResourceTypeInstance:
				l = l.Then(l.V.WithInstanceTag(k, v), "WithInstanceTag", k, v)
			case ec2types.ResourceTypeVolume:
				l = l.Then(l.V.WithVolumeTag(k, v), "WithVolumeTag", k, v)
			}
		}
	}
	return l
}

// imageText is an image by its name, or by its parameter.
func (x *exporter) imageText(i InstanceImage) string {
	if name, ok := exportNames()[i]; ok {
		return name
	}
	return "ecs.InstanceImage(" + x.p.Literal(string(i)) + ")"
}

// agentData is what user data tells the agent.
type agentData struct {
	cluster              string
	drains               bool
	attributes, settings map[string]string
}

const (
	agentBegin = "#!/bin/bash\ncat <<'EOF' >> /etc/ecs/ecs.config\n"
	agentEnd   = "EOF\n"
)

// readAgent reads user data as [InstanceTemplate] writes it.
func readAgent(data string) (a agentData, ok bool) {
	a.attributes, a.settings = map[string]string{}, map[string]string{}
	if strings.HasPrefix(data, "[settings.ecs]\n") {
		ok = a.readTOML(data)
		return a, ok
	}
	lines, begun := strings.CutPrefix(data, agentBegin)
	lines, ended := strings.CutSuffix(lines, agentEnd)
	for line := range strings.Lines(lines) {
		name, value, has := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		switch {
		case !has:
			return a, false
		case name == "ECS_CLUSTER":
			a.cluster = value
		case name == "ECS_ENABLE_SPOT_INSTANCE_DRAINING" && value == "true":
			a.drains = true
		case name == "ECS_INSTANCE_ATTRIBUTES":
			if json.Unmarshal([]byte(value), &a.attributes) != nil {
				return a, false
			}
		default:
			a.settings[name] = value
		}
	}
	return a, begun && ended && a.cluster != ""
}

// readTOML reads the settings of Bottlerocket.
func (a *agentData) readTOML(data string) bool {
	attributes := false
	for line := range strings.Lines(data) {
		line = strings.TrimSuffix(line, "\n")
		name, value, has := tomlPair(line)
		text, err := strconv.Unquote(value)
		switch {
		case line == "" || line == "[settings.ecs]":
		case line == "[settings.ecs.instance-attributes]":
			attributes = true
		case !has, err != nil && (attributes || name == "cluster"):
			return false
		case attributes:
			a.attributes[name] = text
		case name == "cluster":
			a.cluster = text
		case name == "enable-spot-instance-draining" && value == "true":
			a.drains = true
		default:
			a.settings[name] = value
		}
	}
	return a.cluster != ""
}

// tomlPair reads a key, which may be quoted, and its value as it is written.
func tomlPair(line string) (name, value string, ok bool) {
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return strings.Cut(line, " = ")
	}
	name, _ = strconv.Unquote(quoted)
	value, ok = strings.CutPrefix(line[len(quoted):], " = ")
	return name, value, ok
}
