// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const docImages = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html"

// MachineImage looks up whether the image of a launch template exists: an AMI by its ID,
// or by the parameter of Systems Manager that has it ("resolve:ssm:<name>"). The platform
// of containers on it, such as "linux/arm64", is empty if it is not known.
func MachineImage(ctx context.Context, c slipway.Call, image string) (check slipway.Check, platform string) {
	subject := "machine image " + image + " exists"
	missing := func(what string) (slipway.Check, string) {
		return failed(subject, slipway.Cause{
			Code: slipway.LaunchFailed, Summary: what + " does not exist, so no instance can be launched", Evidence: []string{"it was looked up in " + c.Config.Region},
			Remedy: "name an image that the region has, best by a parameter of AWS", Doc: docImages,
		}), ""
	}
	id := image
	if name, ok := strings.CutPrefix(image, "resolve:ssm:"); ok {
		out, err := slipway.Client(c, awsssm.NewFromConfig).GetParameter(ctx, &awsssm.GetParameterInput{Name: &name})
		switch {
		case awserr.Is(err, "ParameterNotFound", "ParameterVersionNotFound"):
			return missing("parameter " + name)
		case err != nil:
			return unanswered(subject, err), ""
		}
		id = aws.ToString(out.Parameter.Value)
	}
	out, err := slipway.Client(c, awsec2.NewFromConfig).DescribeImages(ctx, &awsec2.DescribeImagesInput{ImageIds: []string{id}})
	switch {
	case awserr.Is(err, "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"), err == nil && len(out.Images) == 0:
		return missing("AMI " + id)
	case err != nil:
		return unanswered(subject, err), ""
	}
	return passed(subject), platformOf(out.Images[0])
}

// platformOf is what containers on a machine image have to be made for.
func platformOf(i ec2types.Image) string {
	if i.Platform == ec2types.PlatformValuesWindows {
		return ""
	}
	switch i.Architecture { //nolint:exhaustive // no others run containers of ECS
	case ec2types.ArchitectureValuesX8664:
		return "linux/amd64"
	case ec2types.ArchitectureValuesArm64:
		return "linux/arm64"
	default:
		return ""
	}
}
