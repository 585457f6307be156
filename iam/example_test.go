// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

func ExampleNewRole() {
	role := iam.NewRole("web").
		WithTrust(iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"}).
		WithAllow("arn:aws:s3:::shop-assets/*", "s3:GetObject")

	stack := slipway.NewStack("shop", role)
	result, err := stack.Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, role).ARN)
	// Output: arn:aws:iam::123456789012:role/slipway/shop/web
}

func ExampleNewDerivedRole() {
	role := iam.NewDerivedRole("web-execution").WithTrust(iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"})
	stack := slipway.NewStack("shop", role)
	result, err := stack.Apply(context.Background(), fakes.New(fakes.Options{Region: "eu-central-1"}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, role).Name)
	// Output: web-execution-eu-central-1
}

func ExampleRole_Validate() {
	role := iam.NewRole("web tasks").
		WithTrust(iam.ServicePrincipal{Service: "ecs-tasks"}).
		WithAllow("shop-assets", "GetObject")
	fmt.Println(role.Validate())
	// Output:
	// iam:Role/web tasks RoleName: got web tasks, want letters, digits and _+=,.@- (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html)
	// iam:Role/web tasks AssumeRolePolicyDocument.Statement[0].Principal.Service: got ecs-tasks, want a service such as ecs-tasks.amazonaws.com (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
	// iam:Role/web tasks Inline[slipway].PolicyDocument.Statement[0].Action: got GetObject, want <service>:<action> (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
	// iam:Role/web tasks Inline[slipway].PolicyDocument.Statement[0].Resource: got shop-assets, want an ARN or "*" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
}

func ExamplePolicy_JSON() {
	fmt.Println(iam.Policy{Statements: []iam.Statement{{
		Effect:    iam.Deny,
		Actions:   []string{"s3:*"},
		Resources: []string{"*"},
		Conditions: iam.Conditions{
			"Bool": {"aws:SecureTransport": {"false"}},
		},
	}}}.JSON())
	// Output: {"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Resource":"*"}],"Version":"2012-10-17"}
}

func ExampleCheck() {
	fmt.Println(iam.Check(&awsiam.AttachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: aws.String("AmazonS3ReadOnlyAccess")}))
	// Output: PolicyArn: got AmazonS3ReadOnlyAccess, want the ARN of a managed policy (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html)
}

func ExampleRoleARN() {
	fmt.Println(iam.RoleARN("arn:aws:iam::123456789012:role/ecsTaskExecutionRole").ARN())
	// Output: arn:aws:iam::123456789012:role/ecsTaskExecutionRole
}

func ExampleNewInstanceProfile() {
	nodes := iam.NewInstanceProfile("nodes", iam.NewRole("node").WithAllow("*", "ecs:Poll"))
	stack := slipway.NewStack("shop", nodes)
	result, err := stack.Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, nodes).ARN)
	// Output: arn:aws:iam::123456789012:instance-profile/slipway/shop/nodes
}

func ExampleProfileARN() {
	fmt.Println(iam.ProfileARN("arn:aws:iam::123456789012:instance-profile/ecsInstanceRole").ARN())
	// Output: arn:aws:iam::123456789012:instance-profile/ecsInstanceRole
}
