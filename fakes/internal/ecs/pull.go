// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// pull fetches the container's image, and returns why it cannot.
func (c *container) pull() string {
	ref := value(c.def.Image)
	t, private := c.t, privateECR(ref)
	if reason := t.imageRoute(ref, private); reason != "" {
		return reason
	}
	as := sim.Principal{}
	if private {
		as = t.execution
	}
	image, err := t.fake().needs.Images.Pull(t.region(), ref, as)
	if err != nil {
		return pullFailed(err)
	}
	c.image = image
	if t.dep != nil && image.Digest != "" {
		t.dep.digests[value(c.def.Name)] = image.Digest
	}
	c.program = t.fake().program(ref, image.Digest)
	platforms := image.Platforms
	if len(platforms) == 0 {
		platforms = c.program.Platforms
	}
	if wanted := t.spec.td.plan.platform; !fits(platforms, wanted) {
		return manifestRetried(mostRetries, "image Manifest does not contain descriptor matching platform '"+wanted+"'")
	}
	return ""
}

// noSpace is what comes of images that need more than the task's ephemeral storage.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
const noSpace = "CannotPullContainerError: pull command failed: failed to extract layer: write: no space left on device: unknown"

// imageRoute checks that the registry and what holds its layers can be reached.
func (t *task) imageRoute(ref string, private bool) string {
	service := "internet"
	if private {
		service = t.ownEndpoint(ref, "ecr.dkr")
	}
	if !t.reaches(service) {
		return noRoute(ref)
	}
	if private && !t.reaches(t.ownEndpoint(ref, "s3")) {
		return fmt.Sprintf("CannotPullContainerError: pull command failed: failed to copy: httpReadSeeker: failed open: failed to do request: "+
			"Get \"https://prod-%s-starport-layer-bucket.s3.%s.amazonaws.com/\": dial tcp: i/o timeout", t.region(), t.region())
	}
	return ""
}

// noRoute is the text of a registry that does not answer. It has the whole
// reference, as the container runtime completes it.
// https://repost.aws/knowledge-center/ecs-pull-container-error
func noRoute(ref string) string {
	host, repository, tag := imageParts(ref)
	name, at := "docker.io", ":"
	if host != dockerHub {
		name = host
	}
	if strings.HasPrefix(tag, "sha256:") {
		at = "@"
	}
	return manifestRetried(routeRetries, fmt.Sprintf("failed to resolve ref %s/%s%s%s: failed to do request: Head \"https://%s/v2/%s/manifests/%s\": dial tcp: i/o timeout",
		name, repository, at, tag, host, repository, tag))
}

const dockerHub = "registry-1.docker.io"

// imageParts are the registry, the repository and the tag or digest that an image
// reference means.
func imageParts(ref string) (host, repository, tag string) {
	ref, tag, pinned := strings.Cut(ref, "@")
	if repository = withoutTag(ref); !pinned {
		tag = "latest"
		if repository != ref {
			tag = ref[len(repository)+1:]
		}
	}
	host, rest, named := strings.Cut(repository, "/")
	switch {
	case named && strings.ContainsAny(host, ".:"):
		return host, rest, tag
	case named:
		return dockerHub, repository, tag
	}
	return dockerHub, "library/" + repository, tag
}

// How often the agent of platform version 1.4.0 tries to get a manifest: what may
// come right is tried again, what is denied is not.
const (
	mostRetries  = 7
	routeRetries = 5
	deniedTries  = 1
)

func manifestRetried(times int, why string) string {
	return fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried %d time(s): %s", times, why)
}

// pullFailed words the registry's answer: an exception means that it gave no
// token, everything else is the container runtime's own text.
func pullFailed(err error) string {
	if _, ok := errors.AsType[smithy.APIError](err); ok {
		return "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr " +
			"registry auth: service call has been retried 1 time(s): " + exception(err)
	}
	if strings.HasPrefix(err.Error(), "failed to copy") {
		return "CannotPullContainerError: pull command failed: " + err.Error()
	}
	if strings.HasSuffix(err.Error(), ": not found") {
		return manifestRetried(mostRetries, err.Error())
	}
	return manifestRetried(deniedTries, err.Error())
}

// noInterface words why a task has no network interface.
func noInterface(subnet string, public bool, err error) string {
	with := ""
	if public {
		with = " with public IP assignment enabled"
	}
	text := err.Error()
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode()
	}
	return fmt.Sprintf("Unexpected EC2 error while attempting to Create Network Interface%s in subnet '%s': %s", with, subnet, text)
}

// SetProgram says what containers of the image do.
func (f *Fake) SetProgram(ref string, p world.Program) { f.programs[ref] = p }

// program finds the program of an image: the reference as written counts before
// its digest, its tag and its repository.
func (f *Fake) program(ref, digest string) world.Program {
	if p, ok := f.programs[ref]; ok || len(f.programs) == 0 {
		return p
	}
	named, pinned, _ := strings.Cut(ref, "@")
	if pinned == "" {
		pinned = digest
	}
	repository := withoutTag(named)
	for _, key := range []string{repository + "@" + pinned, named, repository} {
		if p, ok := f.programs[key]; ok {
			return p
		}
	}
	return world.Program{}
}

func withoutTag(ref string) string {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i]
	}
	return ref
}
