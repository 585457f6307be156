// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/json"
	"strings"
)

// agentConfig is what user data tells the ECS agent of an instance.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
type agentConfig struct {
	cluster    string
	attributes map[string]string
	// drivers are the log drivers, nil for those of the AMI.
	drivers []string
	// drainsSpot: a Spot notice sets the instance to DRAINING.
	drainsSpot bool
	// unprivileged: no container may be privileged.
	unprivileged bool
	// pinned: the agent does not update itself.
	pinned bool
	// roleless: tasks cannot have roles of their own.
	roleless bool
	// reserved is memory, in MiB, that tasks cannot have.
	reserved string
}

// readUserData finds the settings in a shell script that writes
// /etc/ecs/ecs.config, or in Bottlerocket's TOML.
func readUserData(data string, bottlerocket bool) agentConfig {
	if bottlerocket {
		return readBottlerocket(data)
	}
	set := map[string]string{}
	if strings.Contains(data, "/etc/ecs/ecs.config") {
		for line := range strings.Lines(data) {
			if name, v, ok := setting(line); ok {
				set[name] = v
			}
		}
	}
	c := agentConfig{
		cluster: set["ECS_CLUSTER"], drainsSpot: set["ECS_ENABLE_SPOT_INSTANCE_DRAINING"] == "true",
		unprivileged: set["ECS_DISABLE_PRIVILEGED"] == "true", roleless: set["ECS_ENABLE_TASK_IAM_ROLE"] == "false",
		reserved: set["ECS_RESERVED_MEMORY"], pinned: set["ECS_UPDATES_ENABLED"] == "false",
	}
	_ = json.Unmarshal([]byte(set["ECS_INSTANCE_ATTRIBUTES"]), &c.attributes) // the agent ignores what it cannot read
	_ = json.Unmarshal([]byte(set["ECS_AVAILABLE_LOGGING_DRIVERS"]), &c.drivers)
	return c
}

// setting finds ECS_NAME=value in a line of a script: as a line of a here document, or
// quoted after echo and before a redirection.
func setting(line string) (name, v string, ok bool) {
	at := strings.Index(line, "ECS_")
	if at < 0 || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return "", "", false
	}
	name, v, ok = strings.Cut(line[at:], "=")
	if !ok || strings.ContainsAny(name, " \t\"'$") {
		return "", "", false
	}
	if at > 0 && (line[at-1] == '"' || line[at-1] == '\'') {
		end := strings.LastIndexByte(v, line[at-1])
		return name, strings.ReplaceAll(v[:max(end, 0)], `\"`, `"`), end >= 0
	}
	v, _, _ = strings.Cut(v, ">")
	v = strings.TrimSpace(v)
	if n := len(v); n > 1 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		v = v[1 : n-1]
	}
	return name, v, true
}

// readBottlerocket reads the settings under settings.ecs.
// https://bottlerocket.dev/en/os/latest/api/settings/ecs/
func readBottlerocket(data string) agentConfig {
	c, table := agentConfig{}, ""
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[] ")
			continue
		}
		key, v, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		c.set(table+"."+unquoted(key), v)
	}
	return c
}

func unquoted(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }

func (c *agentConfig) set(key, v string) {
	const prefix = "settings.ecs."
	switch name := strings.TrimPrefix(key, prefix); {
	case name == key:
	case name == "cluster":
		c.cluster = unquoted(v)
	case name == "enable-spot-instance-draining":
		c.drainsSpot = unquoted(v) == "true"
	case name == "allow-privileged-containers":
		c.unprivileged = unquoted(v) == "false"
	case name == "logging-drivers":
		_ = json.Unmarshal([]byte(strings.TrimSpace(v)), &c.drivers) // an array of strings reads the same in JSON
	case strings.HasPrefix(name, "instance-attributes."):
		if c.attributes == nil {
			c.attributes = map[string]string{}
		}
		c.attributes[strings.Trim(strings.TrimPrefix(name, "instance-attributes."), `"'`)] = unquoted(v)
	}
}
