// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/model/ecr"
)

// Image is what a container runs: what ecr.Push returned, or a reference by
// [ImageRef].
type Image interface {
	// ImageReference is what a registry is asked for, such as "nginx:1.29" or
	// "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:...".
	ImageReference() string
	// ImagePlatforms lists the platforms that the image is made for, such as
	// "linux/amd64"; nil when that is not known.
	ImagePlatforms() []string
}

// ImageRef is the image of that reference, whose platforms are not known.
func ImageRef(reference string) Image { return imageRef(reference) }

type imageRef string

func (r imageRef) ImageReference() string   { return string(r) }
func (r imageRef) ImagePlatforms() []string { return nil }

// runsOn reports whether the image is made for a platform, "linux/amd64". A
// variant, as in "linux/arm64/v8", does not matter.
func runsOn(i Image, platform string) bool {
	platforms := i.ImagePlatforms()
	return len(platforms) == 0 || slices.ContainsFunc(platforms, func(p string) bool {
		return p == platform || strings.HasPrefix(p, platform+"/")
	})
}

var (
	ecrReference = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)`)
	ecrDeclared  = regexp.MustCompile(`^\$\{slipway:(` + ecr.KindRepository + `/[^#}]+)#uri\}`)
)

// repositoryARN returns the ARN of the private ECR repository of a reference, or
// "" if the image is elsewhere.
func repositoryARN(reference string) string {
	if m := ecrDeclared.FindStringSubmatch(reference); m != nil {
		if id, ok := slipway.ParseID(m[1]); ok {
			return slipway.Ref(id, "arn")
		}
	}
	if m := ecrReference.FindStringSubmatch(reference); m != nil {
		return "arn:" + slipway.Self("partition") + ":ecr:" + m[2] + ":" + m[1] + ":repository/" + m[3]
	}
	return ""
}
