// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/slipway-go/slipway/fakes"
)

const secret = "shop/db"

// open makes the secret and deploys the shop.
func (s site) open(ctx context.Context) error {
	_, err := awssm.NewFromConfig(s.config()).CreateSecret(ctx, &awssm.CreateSecretInput{
		Name: aws.String(secret), SecretString: aws.String("postgres://db"),
	})
	if err != nil {
		return err
	}
	return s.deploy(ctx, "web:1")
}

var troubles = []trouble{
	{"The program crashes", func(ctx context.Context, s site) error {
		return s.fails(ctx, fakes.Program{Logs: []string{"panic: connect to database: no such host"}, Exit: &fakes.Exit{Code: 2}})
	}},
	{"The image is for another CPU architecture", func(ctx context.Context, s site) error {
		return s.fails(ctx, fakes.Program{Platforms: []string{"linux/arm64"}})
	}},
	{"The secret is gone", func(ctx context.Context, s site) error {
		_, err := awssm.NewFromConfig(s.config()).DeleteSecret(ctx, &awssm.DeleteSecretInput{
			SecretId: aws.String(secret), ForceDeleteWithoutRecovery: aws.Bool(true),
		})
		return s.restartUnless(ctx, err)
	}},
	{"The health check's path answers 404", func(ctx context.Context, s site) error {
		return s.fails(ctx, fakes.Program{Status: notFound})
	}},
	{"The security group keeps the load balancer out", func(ctx context.Context, s site) error {
		return s.restartUnless(ctx, s.closePort(ctx))
	}},
	{"The tasks have no way out", func(ctx context.Context, s site) error {
		return s.restartUnless(ctx, s.isolate(ctx))
	}},
}

func notFound(string, time.Duration) int { return http.StatusNotFound }

// restartUnless replaces the tasks, if what was to be broken is.
func (s site) restartUnless(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	_, err = awsecs.NewFromConfig(s.config()).UpdateService(ctx, &awsecs.UpdateServiceInput{
		Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true,
	})
	return err
}

// closePort takes back that the load balancer may reach the tasks.
func (s site) closePort(ctx context.Context) error {
	client := awsec2.NewFromConfig(s.config())
	rules, err := client.DescribeSecurityGroupRules(ctx, &awsec2.DescribeSecurityGroupRulesInput{})
	if err != nil {
		return err
	}
	for _, r := range rules.SecurityGroupRules {
		if aws.ToBool(r.IsEgress) || aws.ToInt32(r.FromPort) != port {
			continue
		}
		_, err := client.RevokeSecurityGroupIngress(ctx, &awsec2.RevokeSecurityGroupIngressInput{
			GroupId: r.GroupId, SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isolate deletes the route to the internet.
func (s site) isolate(ctx context.Context) error {
	client := awsec2.NewFromConfig(s.config())
	tables, err := client.DescribeRouteTables(ctx, &awsec2.DescribeRouteTablesInput{})
	if err != nil {
		return err
	}
	_, err = client.DeleteRoute(ctx, &awsec2.DeleteRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"),
	})
	return err
}
