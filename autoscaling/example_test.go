// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"fmt"

	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/autoscaling"
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
