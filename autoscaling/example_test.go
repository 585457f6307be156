// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"context"
	"fmt"

	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// Scale the service of a cluster, both of which exist already.
func ExampleBetween() {
	web := autoscaling.Between(2, 20).
		WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}).
		For(autoscaling.ECSService{Cluster: "shop", Service: "web"})

	fmt.Println(web.ID(), web.Validate())
	// Output: autoscaling:Scaling/shop/web <nil>
}

// Mistakes are all found at once, before anything is sent.
func ExampleServiceScaling_Validate() {
	web := autoscaling.Between(20, 2).
		WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.RequestsPerTarget, Target: 500}).
		For(autoscaling.ECSService{Cluster: "shop", Service: "web"})

	fmt.Println(web.Validate() != nil)
	// Output: true
}

// Users who write raw SDK inputs have the same rules.
func ExampleCheck() {
	err := autoscaling.Check(&awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount",
		ResourceId: aws.String("web"), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(4),
	})
	fmt.Println(err)
	// Output: ResourceId: got web, want service/<cluster>/<service> (https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/applicationautoscaling/pf-appautoscaling-resource-id-shape)
}

// A group of two to ten instances that follows the CPU they use.
func ExampleNewGroup() {
	template := autoscaling.NewLaunchTemplate("node",
		autoscaling.SSMImage("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id")).
		WithInstanceType("m5.large").
		WithVolume(autoscaling.Volume{Device: "/dev/xvda", Size: 50})
	nodes := autoscaling.NewGroup("nodes", template, vpc.Default()).WithSize(2, 10).
		WithPolicy(autoscaling.GroupTargetTracking{Metric: autoscaling.GroupCPUUtilization, Target: 60}).
		WithSchedule(autoscaling.GroupCron("morning", "0 8 * * 1-5").WithTimeZone("Europe/Berlin").WithSize(4, 10))

	stack := slipway.NewStack("shop", nodes)
	result, err := stack.Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, nodes).Name)
	// Output: nodes
}

// Spot instances of several types, above one On-Demand instance.
func ExampleGroup_WithMix() {
	template := autoscaling.NewLaunchTemplate("node", autoscaling.AMI("ami-0123456789abcdef0"))
	nodes := autoscaling.NewGroup("nodes", template, vpc.Default()).WithSize(1, 10).
		WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large"}, autoscaling.InstanceType{Name: "m5a.large"}).
		WithMix(autoscaling.Mix{OnDemandBase: 1}).
		WithCapacityRebalance()
	fmt.Println(nodes.Validate())
	// Output: <nil>
}

// Mistakes of a template are found before anything is sent.
func ExampleNewLaunchTemplate() {
	template := autoscaling.NewLaunchTemplate("x", autoscaling.AMI("al2023"))
	fmt.Println(template.Validate())
	// Output:
	// ec2:LaunchTemplate/x Create.LaunchTemplateName: got "x", want 3 to 128 of a-z, A-Z, 0-9 and ()./_- (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html)
	// ec2:LaunchTemplate/x Create.LaunchTemplateData.ImageId: got "al2023", want the ID of an image ("ami-..."), or "resolve:ssm:" and a parameter (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html)
}
