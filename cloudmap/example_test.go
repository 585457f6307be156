// SPDX-License-Identifier: Apache-2.0

package cloudmap_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func ExampleNewPrivateNamespace() {
	network := vpc.Default()
	namespace := cloudmap.NewPrivateNamespace("shop.local", network)
	api := cloudmap.NewService("api", namespace).WithRecord(cloudmap.A, 10*time.Second).WithCustomHealth()

	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/api:1"))
	task := ecs.NewFargateTaskDefinition("api", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	service := ecs.NewFargateService("api", ecs.NewCluster("shop"), task, network).WithCount(2).WithRegistry(api)

	cloud := fakes.New(fakes.Options{})
	ctx := context.Background()
	if _, err := slipway.NewStack("shop", service).Apply(ctx, cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}
	found, err := awssd.NewFromConfig(cloud.Config()).DiscoverInstances(ctx, &awssd.DiscoverInstancesInput{
		NamespaceName: aws.String("shop.local"), ServiceName: aws.String("api"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range found.Instances {
		fmt.Println(i.HealthStatus, i.Attributes["ECS_SERVICE_NAME"], i.Attributes["AWS_INSTANCE_IPV4"] != "")
	}
	// Output:
	// HEALTHY api true
	// HEALTHY api true
}

func ExampleNewHTTPNamespace() {
	namespace := cloudmap.NewHTTPNamespace("shop").WithDescription("what the shop calls")
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/api:1")).WithPort(http)
	task := ecs.NewFargateTaskDefinition("api", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	service := ecs.NewFargateService("api", ecs.NewCluster("shop"), task, vpc.Default()).
		WithServiceConnect(ecs.Connect{In: namespace, Endpoints: []ecs.Endpoint{{Port: http}}})

	result, err := slipway.NewStack("shop", service).Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, namespace).HTTPName)
	// Output: shop
}

func ExampleNewPublicNamespace() {
	fmt.Println(cloudmap.NewPublicNamespace("shop").Validate())
	// Output: cloudmap:Namespace/shop Public.Name: got "shop", want a domain of two labels or more, as in example.com (https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePublicDnsNamespace.html)
}

func ExampleNewService() {
	namespace := cloudmap.NewHTTPNamespace("shop")
	stack := slipway.NewStack("shop", cloudmap.NewService("api", namespace).WithRecord(cloudmap.A, time.Minute))
	fmt.Println(stack.Validate())
	// Output: cloudmap:Service/shop/api Create.DnsConfig: got DNS records in an HTTP namespace, want none, or a DNS namespace (https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateHttpNamespace.html)
}

func ExampleServiceNamed() {
	cloud := fakes.New(fakes.Options{})
	made := cloudmap.NewService("api", cloudmap.NewHTTPNamespace("shop"))
	base, err := slipway.NewStack("base", made).Apply(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	found := cloudmap.ServiceNamed(cloudmap.NamespaceNamed("shop"), "api")
	result, err := slipway.NewStack("shop", found).Apply(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(base, made) == slipway.Output(result, found))
	// Output: true
}

func ExampleCheck() {
	name := "api"
	fmt.Println(cloudmap.Check(&awssd.CreateServiceInput{
		Name: &name, NamespaceId: aws.String("ns-1"), DnsConfig: &sdtypes.DnsConfig{},
	}))
	// Output: DnsConfig.DnsRecords: got none, want one or more (https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsRecord.html)
}
