// SPDX-License-Identifier: Apache-2.0

package vpc

// NetworkOutputs are what is known of a network once it was looked up.
type NetworkOutputs struct {
	// ID of the VPC and its primary range of IPv4 addresses.
	ID, CIDR string
	// Subnets are the IDs of all subnets that were asked for, Public and Private
	// those of each sort, so that each zone comes once before any comes twice.
	Subnets, Public, Private []string
	// Zones are the names of the subnets' zones.
	Zones []string
}

// Outputs returns what is known of the network.
func (n Network) Outputs(values map[string][]string) NetworkOutputs {
	return NetworkOutputs{
		ID: first(values["id"]), CIDR: first(values["cidr"]), Subnets: values[string(allSubnets)],
		Public: values[string(publicSubnets)], Private: values[string(privateSubnets)], Zones: values["zones"],
	}
}

// SecurityGroupOutputs are what is known of a group once it exists.
type SecurityGroupOutputs struct{ ID, ARN string }

// Outputs returns what is known of the group.
func (g SecurityGroup) Outputs(values map[string][]string) SecurityGroupOutputs {
	return SecurityGroupOutputs{ID: first(values["id"]), ARN: first(values["arn"])}
}

// SecurityGroupRuleOutputs are what is known of a rule once it exists.
type SecurityGroupRuleOutputs struct{ ID string }

// Outputs returns what is known of the rule.
func (r SecurityGroupRule) Outputs(values map[string][]string) SecurityGroupRuleOutputs {
	return SecurityGroupRuleOutputs{ID: first(values["id"])}
}
