// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// typed makes the SDK's exception of a code that rules answer with.
func typed(code, message string) error {
	text := aws.String(message)
	switch code {
	case "InvalidParameterException":
		return &ecrtypes.InvalidParameterException{Message: text}
	case "InvalidTagParameterException":
		return &ecrtypes.InvalidTagParameterException{Message: text}
	case "TooManyTagsException":
		return &ecrtypes.TooManyTagsException{Message: text}
	case "ValidationException":
		return &ecrtypes.ValidationException{Message: text}
	default:
		return nil
	}
}

func invalid(format string, args ...any) error {
	return &ecrtypes.InvalidParameterException{Message: text(format, args...)}
}

func text(format string, args ...any) *string { return aws.String(fmt.Sprintf(format, args...)) }

// within says where something was looked for.
func (r *repository) within() string {
	return fmt.Sprintf("the repository with name '%s' in the registry with id '%s'", deref(r.RepositoryName), deref(r.RegistryId))
}

func repositoryNotFound(name, registry string) error {
	return &ecrtypes.RepositoryNotFoundException{
		Message: text("The repository with name '%s' does not exist in the registry with id '%s'", name, registry),
	}
}

func (r *repository) imageNotFound(id ecrtypes.ImageIdentifier) error {
	return &ecrtypes.ImageNotFoundException{
		Message: text("The image with imageId %s does not exist within %s", idText(id), r.within()),
	}
}

// idText is the way in which ECR's messages show an image id.
func idText(id ecrtypes.ImageIdentifier) string {
	quote := func(s *string) string {
		if s == nil {
			return "'null'"
		}
		return "'" + *s + "'"
	}
	return "{imageDigest:" + quote(id.ImageDigest) + ", imageTag:" + quote(id.ImageTag) + "}"
}
