// SPDX-License-Identifier: Apache-2.0

// Package arch_test keeps the shape of the project: which package may import
// which, which weight is allowed where, and what must not compile.
package arch_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/slipway-go/slipway"

// run runs the go command at the module's root and returns its lines.
func run(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err, "go %s", strings.Join(args, " "))
	return strings.Fields(string(out))
}

// deps are the import paths of all that a package needs, tests aside.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	return run(t, "list", "-deps", pkg)
}

// layers are the public packages; each may import those before it and none after.
var layers = [][]string{
	{""},
	{"/iam", "/vpc", "/observe"},
	{"/elb", "/autoscaling", "/cloudmap"},
	{"/ecr", "/ecs"},
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for i, layer := range layers {
		for _, pkg := range layer {
			all := deps(t, module+pkg)
			for j := i; j < len(layers); j++ {
				for _, other := range layers[j] {
					if other != pkg {
						require.NotContains(t, all, module+other, "%s stands below or beside %s", pkg, other)
					}
				}
			}
			for _, dep := range all {
				require.False(t, strings.HasPrefix(dep, module+"/fakes"), "%s imports %s: nothing but tests and examples imports fakes", pkg, dep)
			}
		}
	}
}

func TestFakesImportNoBuilder(t *testing.T) {
	t.Parallel()
	all := deps(t, module+"/fakes")
	for _, layer := range layers[1:] {
		for _, pkg := range layer {
			require.NotContains(t, all, module+pkg, "the fakes stand on the rules and the SDK, not on our builders")
		}
	}
}

func TestServicesOfTheFakeDoNotImportEachOther(t *testing.T) {
	t.Parallel()
	internal := module + "/fakes/internal/"
	shared := []string{internal + "sim", internal + "world"}
	for _, pkg := range run(t, "list", module+"/fakes/internal/...") {
		for _, dep := range deps(t, pkg) {
			if dep != pkg && strings.HasPrefix(dep, internal) {
				require.Contains(t, shared, dep, "%s must ask for what it needs by an interface", pkg)
			}
		}
	}
}

func TestWeightStaysWhereItBelongs(t *testing.T) {
	t.Parallel()
	const sdk = "github.com/aws/aws-sdk-go-v2/service/"
	for _, row := range []struct {
		weight string
		only   []string
		reason string
	}{
		{sdk + "ec2", []string{"/vpc", "/elb", "/storage", "/autoscaling", "/cloudmap", "/ecs"}, "it takes a minute to compile"},
		{"github.com/google/go-containerregistry", []string{"/ecr"}, "who runs services pushes no images"},
		{"github.com/vbauerster/mpb", []string{"/observe"}, "only a terminal needs it"},
		{"k8s.io/", nil, "nothing here talks to Kubernetes"},
		{"github.com/stretchr/testify", nil, "tests only"},
		{"testing", nil, "tests only"},
	} {
		for _, layer := range layers {
			for _, pkg := range layer {
				if slices.Contains(row.only, pkg) {
					continue
				}
				for _, dep := range deps(t, module+pkg) {
					require.False(t, dep == row.weight || strings.HasPrefix(dep, strings.TrimSuffix(row.weight, "/")+"/"),
						"%s imports %s: %s", module+pkg, dep, row.reason)
				}
			}
		}
	}
}

func TestRootImportsNoServiceClient(t *testing.T) {
	t.Parallel()
	for _, dep := range deps(t, module) {
		require.False(t, strings.HasPrefix(dep, "github.com/aws/aws-sdk-go-v2/service/"), dep)
	}
}
