// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// initialize does what Fargate does before it pulls images, and returns why it
// cannot: registry, secrets, environment files, logs and volumes.
func (t *task) initialize() string {
	for _, c := range t.containers {
		for _, step := range []func() string{c.registry, c.secrets, c.environmentFiles, c.logging} {
			if reason := step(); reason != "" {
				return reason
			}
		}
	}
	return t.mount()
}

// noAuth is how every reason begins for which the credentials of a registry or the
// value of a secret could not be fetched.
const noAuth = "ResourceInitializationError: unable to pull secrets or registry auth: "

// registry signs in to ECR, where private images come from.
// https://repost.aws/knowledge-center/ecs-unable-to-pull-secrets
func (c *container) registry() string {
	image := value(c.def.Image)
	if !privateECR(image) || c.t.reaches(c.t.ownEndpoint(image, "ecr.api")) {
		return ""
	}
	return noAuth + "The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. " +
		"Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, " +
		"https response error StatusCode: 0, RequestID: , request send failed, Post \"https://api.ecr." + c.t.region() +
		".amazonaws.com/\": dial tcp: i/o timeout"
}

// ownEndpoint is an endpoint of ECR, which serves the registries of its own region
// only: others are reached over the internet.
func (t *task) ownEndpoint(image, endpoint string) string {
	if host, _, _ := strings.Cut(image, "/"); !strings.Contains(host, ".ecr."+t.region()+".") {
		return "internet"
	}
	return endpoint
}

func (t *task) reaches(service string) bool {
	return t.fake().needs.Network.Reaches(t.region(), t.route(), service)
}

// route is the interface by which the agent fetches what the task needs: on an instance
// that of the instance, even for tasks with one of their own.
func (t *task) route() world.Interface {
	if t.node != nil {
		return t.node.iface
	}
	return t.nic
}

// privateECR reports whether an image lies in a private ECR registry.
func privateECR(image string) bool {
	host, _, _ := strings.Cut(image, "/")
	return strings.Contains(host, ".dkr.ecr.") && strings.Contains(host, ".amazonaws.com")
}

// secrets fetches what the container names.
func (c *container) secrets() string {
	for _, s := range c.def.Secrets {
		if reason := c.t.secret(value(s.ValueFrom)); reason != "" {
			return reason
		}
	}
	if l := c.def.LogConfiguration; l != nil {
		for _, s := range l.SecretOptions {
			if reason := c.t.secret(value(s.ValueFrom)); reason != "" {
				return reason
			}
		}
	}
	if r := c.def.RepositoryCredentials; r != nil {
		return c.t.secret(value(r.CredentialsParameter))
	}
	return ""
}

// secret fetches one value from Secrets Manager or Parameter Store.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
func (t *task) secret(from string) string {
	if strings.Contains(from, ":secretsmanager:") {
		return t.managed(from)
	}
	const prefix = noAuth + "unable to retrieve secrets from ssm: "
	if !t.reaches("ssm") {
		return prefix + "The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager " +
			"Parameter Store. Check your task network configuration. operation error SSM: GetParameters, https response error StatusCode: 0, " +
			"RequestID: , canceled, context deadline exceeded"
	}
	if _, err := t.fake().needs.Secrets.Parameter(t.region(), from, t.execution); err != nil {
		return noAuth + "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): " +
			exception(err)
	}
	return ""
}

// managed fetches a value from Secrets Manager.
func (t *task) managed(from string) string {
	const prefix = "unable to retrieve secret from asm: "
	fetch := "failed to fetch secret " + from + " from secrets manager: "
	if !t.reaches("secretsmanager") {
		return noAuth + prefix + "There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. " + fetch +
			"operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded"
	}
	_, err := t.fake().needs.Secrets.Secret(t.region(), from, t.execution)
	if err == nil {
		return ""
	}
	if api := smithy.APIError(nil); !errors.As(err, &api) {
		fetch = "" // it was fetched, but does not have the key
	}
	return noAuth + "execution resource retrieval failed: " + prefix + "service call has been retried 1 time(s): " + fetch + exception(err)
}

// exception is how an exception reads in the texts of the Fargate agent.
func exception(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err.Error()
	}
	return api.ErrorCode() + ": " + api.ErrorMessage()
}

// environmentFiles are read from S3 with the execution role.
func (c *container) environmentFiles() string {
	for _, e := range c.def.EnvironmentFiles {
		a := sim.Access{Action: "s3:GetObject", Resource: value(e.Value)}
		if err := c.t.fake().needs.Access.Authorize(c.t.execution, a); err != nil {
			return "ResourceInitializationError: failed to download env files: file download command: non-empty error stream: " +
				"failed to download file " + lastPart(value(e.Value)) + ": failed to write to a temporary file: AccessDenied: Access Denied"
		}
	}
	return ""
}

// logging makes the log stream of the awslogs driver.
func (c *container) logging() string {
	l := c.def.LogConfiguration
	if l == nil || l.LogDriver != ecstypes.LogDriverAwslogs {
		return ""
	}
	const (
		prefix  = "ResourceInitializationError: failed to validate logger args: "
		retried = "create stream has been retried 1 times: "
	)
	t, logs := c.t, c.t.fake().needs.Logs
	region, group := c.logGroup()
	if !t.reaches("logs") {
		return prefix + "The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue " +
			"between the task and Amazon CloudWatch. Check your network configuration. : signal: killed"
	}
	if l.Options["awslogs-create-group"] == "true" {
		if err := logs.Group(region, group, t.execution); err != nil {
			return prefix + retried + "failed to create Cloudwatch log group: " + exception(err) + " : exit status 1"
		}
	}
	if err := logs.Stream(region, group, c.logStream(), t.execution); err != nil {
		return prefix + retried + "failed to create Cloudwatch log stream: " + exception(err) + " : exit status 1"
	}
	return ""
}

func (c *container) logGroup() (region, group string) {
	o := c.def.LogConfiguration.Options
	if region = o["awslogs-region"]; region == "" {
		region = c.t.region()
	}
	return region, o["awslogs-group"]
}

func (c *container) logStream() string {
	prefix := c.def.LogConfiguration.Options["awslogs-stream-prefix"]
	return prefix + "/" + value(c.def.Name) + "/" + c.t.id
}

// log writes lines where the container's output goes. With the drivers that are not
// AWS's own (splunk) they leave the simulation.
func (c *container) log(lines []string) {
	l := c.def.LogConfiguration
	if l == nil || l.LogDriver != ecstypes.LogDriverAwslogs {
		c.route(lines)
		return
	}
	region, group := c.logGroup()
	for _, line := range lines {
		c.t.fake().needs.Logs.Write(region, group, c.logStream(), c.t.now(), line)
	}
}

// mount mounts the EFS volumes that containers use.
func (t *task) mount() string {
	for _, v := range t.spec.td.definition.Volumes {
		e := v.EfsVolumeConfiguration
		if e == nil || !t.mounts(value(v.Name)) {
			continue
		}
		point, byRole := "", false
		if a := e.AuthorizationConfig; a != nil {
			point, byRole = value(a.AccessPointId), a.Iam == ecstypes.EFSAuthorizationConfigIAMEnabled
		}
		if err := t.fake().needs.FileSystems.Mount(t.region(), value(e.FileSystemId), point, byRole, t.route(), t.role); err != nil {
			return "ResourceInitializationError: " + err.Error()
		}
		if reason := t.directory(e); reason != "" {
			return reason
		}
	}
	return ""
}

// directory looks for the directory of a file system that is mounted without an access
// point.
func (t *task) directory(e *ecstypes.EFSVolumeConfiguration) string {
	dir, id := value(e.RootDirectory), value(e.FileSystemId)
	if dir == "" || dir == "/" || t.fake().needs.Directories == nil || t.fake().needs.Directories.HasDirectory(t.region(), id, dir) {
		return ""
	}
	host := id + ".efs." + t.region() + ".amazonaws.com"
	return "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting " + host + ":" + dir +
		" failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32"
}

func (t *task) mounts(volume string) bool {
	for _, c := range t.containers {
		for _, m := range c.def.MountPoints {
			if value(m.SourceVolume) == volume {
				return true
			}
		}
	}
	return false
}
