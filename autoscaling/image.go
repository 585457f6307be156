// SPDX-License-Identifier: Apache-2.0

package autoscaling

// Image is the machine image of a launch template: an [AMI] or an [SSMImage]. The set
// is sealed.
type Image interface{ image() string }

// AMI is an image by its ID, such as "ami-0123456789abcdef0".
type AMI string

func (a AMI) image() string { return string(a) }

// SSMImage is the image whose ID a parameter of Systems Manager holds, such as
// "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id". It is looked
// up whenever an instance is launched, so new instances have the newest image.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
type SSMImage string

func (s SSMImage) image() string { return "resolve:ssm:" + string(s) }
