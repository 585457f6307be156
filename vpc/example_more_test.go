// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// A network that is there already, by its ID and by its tags.
func ExampleLookup() {
	ctx, cfg := context.Background(), fakes.New(fakes.Options{}).Config()
	client := awsec2.NewFromConfig(cfg)
	out, err := client.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, network := range []vpc.Network{vpc.ByID(*out.Vpcs[0].VpcId), vpc.Lookup(map[string]string{"team": "shop"})} {
		_, err := slipway.NewStack("shop", network).Plan(ctx, cfg)
		fmt.Println(err == nil)
	}
	// Output:
	// true
	// false
}

// A group that may only ask a name server and answer on some ports.
func ExampleEgress() {
	group := vpc.NewSecurityGroup("workers", "workers", vpc.Default())
	stack := slipway.NewStack("shop",
		vpc.Egress(group, vpc.CIDR("10.0.0.2/32"), vpc.UDP(53)),
		vpc.Egress(group, vpc.CIDR("10.0.0.0/8"), vpc.UDPRange(1024, 2048)),
		vpc.Ingress(group, vpc.CIDR("10.0.0.0/8"), vpc.TCPRange(8000, 8010)),
		vpc.Ingress(group, vpc.FromGroup(group), vpc.AllTraffic()))
	_, err := stack.Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	fmt.Println(err)
	// Output: <nil>
}

// The rules also look at inputs that were not built here.
func ExampleCheck() {
	err := vpc.Check(&awsec2.CreateSecurityGroupInput{GroupName: aws.String("sg-web"), Description: aws.String("web servers")})
	fmt.Println(errors.Is(err, slipway.ErrInvalid))
	// Output: true
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(vpc.Kinds()) > 0)
	// Output: true
}
