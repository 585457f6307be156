// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The reason of a failure that names what does not exist.
const missing = "MISSING"

func clientError(format string, args ...any) error {
	return &ecstypes.ClientException{Message: new(fmt.Sprintf(format, args...))}
}

func invalid(format string, args ...any) error {
	return &ecstypes.InvalidParameterException{Message: new(fmt.Sprintf(format, args...))}
}

func clusterNotFound() error {
	return &ecstypes.ClusterNotFoundException{Message: new("Cluster not found.")}
}

func serviceNotFound() error {
	return &ecstypes.ServiceNotFoundException{Message: new("Service not found.")}
}

func serviceNotActive() error {
	return &ecstypes.ServiceNotActiveException{Message: new("Service was not ACTIVE.")}
}

// typed makes the SDK's exception of a code, nil where it has none.
func typed(code, message string) error {
	switch code {
	case "ClientException":
		return clientError("%s", message)
	case "InvalidParameterException":
		return invalid("%s", message)
	case "ClusterNotFoundException":
		return clusterNotFound()
	case "PlatformUnknownException":
		return &ecstypes.PlatformUnknownException{Message: &message}
	case "PlatformTaskDefinitionIncompatibilityException":
		return &ecstypes.PlatformTaskDefinitionIncompatibilityException{Message: &message}
	case "NamespaceNotFoundException":
		return &ecstypes.NamespaceNotFoundException{Message: &message}
	case "UnsupportedFeatureException":
		return &ecstypes.UnsupportedFeatureException{Message: &message}
	default:
		return nil
	}
}

// value is *p, or zero.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// or is *p, or def.
func or[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

// optional is nil for the zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
