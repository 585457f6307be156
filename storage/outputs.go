// SPDX-License-Identifier: Apache-2.0

package storage

// FileSystemOutputs are what is known of a file system once it exists.
type FileSystemOutputs struct {
	ID, ARN string
	// DNSName under which it is mounted in its network.
	DNSName string
}

// Outputs returns what is known of the file system.
func (f FileSystem) Outputs(values map[string][]string) FileSystemOutputs {
	return FileSystemOutputs{ID: first(values["id"]), ARN: first(values["arn"]), DNSName: first(values["dns"])}
}

// AccessPointOutputs are what is known of an access point once it exists.
type AccessPointOutputs struct{ ID, ARN string }

// Outputs returns what is known of the access point.
func (a AccessPoint) Outputs(values map[string][]string) AccessPointOutputs {
	return AccessPointOutputs{ID: first(values["id"]), ARN: first(values["arn"])}
}

// first returns the only value of an output, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
