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
		return fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform '%s'", wanted)
	}
	return ""
}

// imageRoute checks that the registry and what holds its layers can be reached.
func (t *task) imageRoute(ref string, private bool) string {
	host := imageHost(ref)
	if !private {
		if t.reaches("internet") {
			return ""
		}
		return unresolved(ref, fmt.Sprintf("failed to do request: Head \"https://%s/v2/\": dial tcp: i/o timeout", host))
	}
	if !t.reaches("ecr.dkr") {
		return unresolved(ref, fmt.Sprintf("failed to do request: Head \"https://%s/v2/\": dial tcp: i/o timeout", host))
	}
	if !t.reaches("s3") {
		return fmt.Sprintf("CannotPullContainerError: pull command failed: failed to copy: httpReadSeeker: failed open: failed to do request: "+
			"Get \"https://prod-%s-starport-layer-bucket.s3.%s.amazonaws.com/\": dial tcp: i/o timeout", t.region(), t.region())
	}
	return ""
}

// imageHost is the registry that an image reference names.
func imageHost(ref string) string {
	host, _, ok := strings.Cut(ref, "/")
	if !ok || !strings.ContainsAny(host, ".:") {
		return "registry-1.docker.io"
	}
	return host
}

func unresolved(ref, why string) string {
	return fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref %s: %s", ref, why)
}

// pullFailed words the registry's answer: an exception means that it gave no
// token, everything else is the container runtime's own text.
func pullFailed(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr " +
			"registry auth: service call has been retried 1 time(s): " + exception(err)
	}
	if strings.HasPrefix(err.Error(), "failed to copy") {
		return "CannotPullContainerError: pull command failed: " + err.Error()
	}
	return "CannotPullContainerError: pull image manifest has been retried 1 time(s): " + err.Error()
}

// noInterface words why a task has no network interface.
func noInterface(subnet string, public bool, err error) string {
	with := ""
	if public {
		with = " with public IP assignment enabled"
	}
	text := err.Error()
	var api smithy.APIError
	if errors.As(err, &api) {
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
