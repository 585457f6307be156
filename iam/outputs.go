// SPDX-License-Identifier: Apache-2.0

package iam

// RoleOutputs is what AWS says of a role once it exists; see [slipway.Output].
type RoleOutputs struct {
	// ARN of the role.
	ARN string
	// Name in AWS, which for a derived role ends in the region.
	Name string
	// RoleID is unique for all time, such as "AROAEXAMPLE".
	RoleID string
}

// Outputs reads the outputs of the role.
func (r Role) Outputs(values map[string][]string) RoleOutputs {
	first := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	return RoleOutputs{ARN: first("arn"), Name: first("name"), RoleID: first("id")}
}
