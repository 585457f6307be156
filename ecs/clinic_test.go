// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// clinic is a cloud with a healthy service, and what rows break it with.
type clinic struct {
	*testing.T
	cloud   *fakes.Cloud
	image   ecs.Image
	network vpc.Network
}

// patient is a service that is healthy until a row breaks it: it has a route, a
// secret, a parameter, a log group and a health check.
func (c clinic) patient(image ecs.Image) ecs.FargateService {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", image).WithPort(http).WithCommand("/app").
		WithSecret("DB", ecs.SecretsManager("shop/db").Key("url")).WithSecret("KEY", ecs.SSMParameter("/shop/key")).
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/app", "-check"}})
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, c.network).WithCount(2).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), app, http)
}

func (c clinic) must(_ any, err error) {
	c.Helper()
	require.NoError(c, err)
}

// rolled restarts the service's tasks.
func (c clinic) rolled() {
	c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true,
	}))
}

// applied deploys another version, which fails.
func (c clinic) applied(s ecs.FargateService, opts ...slipway.ApplyOption) {
	err := apply(c.T, c.cloud, s, opts...)
	var failed *ecs.DeploymentError
	require.ErrorAs(c, err, &failed)
	require.NotEmpty(c, failed.Causes, "the error has the causes, too")
	causes, err := ecs.Diagnose(c.Context(), c.cloud.Config(), s)
	require.NoError(c, err)
	require.Equal(c, causes[0].Code, failed.Causes[0].Code, "the same cause comes first")
}

// program deploys another image with that program.
func (c clinic) program(p fakes.Program) {
	c.cloud.Image("web:2", p)
	c.applied(c.patient(ecs.ImageRef("web:2")))
}

const executionRole = "web-execution-us-east-1"

// denied takes from the execution role what the actions name.
func (c clinic) denied(actions ...string) {
	c.must(awsiam.NewFromConfig(c.cloud.Config()).PutRolePolicy(c.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String(executionRole), PolicyName: aws.String("slipway"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","NotAction":["` + strings.Join(actions, `","`) + `"]}]}`),
	}))
}

// ailment is a way in which a service breaks, and what is to be said of it.
type ailment struct {
	name, reason string
	breaks       func(c clinic)
	want         slipway.CauseCode
	sure         slipway.Confidence
	evidence     string
}

// diagnosed expects no cause of a healthy service, breaks it, and expects the cause
// first.
func (row ailment) diagnosed(c clinic) {
	stored(c.T, c.cloud)
	c.must(nil, apply(c.T, c.cloud, c.patient(c.image)))
	causes, err := ecs.Diagnose(c.Context(), c.cloud.Config(), c.patient(c.image))
	require.NoError(c, err)
	require.Empty(c, causes, "it is healthy")

	row.breaks(c)
	c.cloud.Advance(time.Second)
	causes, err = ecs.Diagnose(c.Context(), c.cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.NoError(c, err)
	require.NotEmpty(c, causes, row.reason)
	first := causes[0]
	require.Equal(c, row.want, first.Code, "%s: %v", row.reason, causes)
	require.Equal(c, row.sure, first.Confidence, first)
	require.Contains(c, first.String(), row.evidence, "%s: %v", row.reason, causes)
	require.NotContains(c, fmt.Sprint(causes), "postgres://", "the value of a secret")
	require.NotEmpty(c, first.Evidence)
	require.NotEmpty(c, first.Remedy)
	require.NotEmpty(c, first.Summary)
}
