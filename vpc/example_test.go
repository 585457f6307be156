// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func ExampleNewSecurityGroup() {
	network := vpc.Default()
	web := vpc.NewSecurityGroup("web", "web servers", network).WithTag("team", "shop")
	db := vpc.NewSecurityGroup("db", "databases", network)
	stack := slipway.NewStack("shop",
		vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(443)).WithDescription("customers"),
		vpc.Ingress(db, vpc.FromGroup(web), vpc.TCP(5432)))

	cloud := fakes.New(fakes.Options{})
	result, err := stack.Apply(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, web).ID[:3])
	// Output: sg-
}

func ExampleDefault() {
	network := vpc.Default()
	result, err := slipway.NewStack("shop", network).Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	out := slipway.Output(result, network)
	fmt.Println(out.CIDR, len(out.Public), "public subnets in", out.Zones)
	// Output: 172.31.0.0/16 3 public subnets in [us-east-1a us-east-1b us-east-1c]
}

func ExampleIngress() {
	rule := vpc.Ingress(vpc.GroupID("sg-0123456789abcdef0"), vpc.CIDR("10.0.0.0/33"), vpc.TCP(443))
	fmt.Println(rule.Validate())
	// Output: vpc:SecurityGroupRule/sg-0123456789abcdef0/ingress/tcp/443/10.0.0.0/33 IpPermissions[0].IpRanges[0].CidrIp: got "10.0.0.0/33", want an IPv4 range such as 10.0.0.0/16 (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html)
}
