// SPDX-License-Identifier: Apache-2.0

// Package replies_test shows real replies of AWS to the drivers: what they rebuild
// from them must be what a user would have to declare, no more and no less.
package replies_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	aasmodel "github.com/slipway-go/slipway/internal/model/autoscaling"
	ecrmodel "github.com/slipway-go/slipway/internal/model/ecr"
	ecsmodel "github.com/slipway-go/slipway/internal/model/ecs"
	efsmodel "github.com/slipway-go/slipway/internal/model/efs"
	elbmodel "github.com/slipway-go/slipway/internal/model/elb"
	iammodel "github.com/slipway-go/slipway/internal/model/iam"
	sdmodel "github.com/slipway-go/slipway/internal/model/servicediscovery"
	vpcmodel "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

const golden = ".golden.json"

func TestPublishedRepliesRebuild(t *testing.T) {
	t.Parallel()
	for dir, kind := range map[string]func(t *testing.T, files []string){
		"autoscaling-group":       testKind[aasmodel.Group](autoscaling.Kinds(), aasmodel.KindGroup),
		"autoscaling-scaling":     testKind[aasmodel.Scaling](autoscaling.Kinds(), aasmodel.KindScaling),
		"cloudmap-namespace":      testKind[sdmodel.Namespace](cloudmap.Kinds(), sdmodel.KindNamespace),
		"cloudmap-service":        testKind[sdmodel.Service](cloudmap.Kinds(), sdmodel.KindService),
		"ec2-launch-template":     testKind[aasmodel.LaunchTemplate](autoscaling.Kinds(), aasmodel.KindLaunchTemplate),
		"ecr-repository":          testKind[ecrmodel.Repository](ecr.Kinds(), ecrmodel.KindRepository),
		"ecs-capacity-provider":   testKind[ecsmodel.CapacityProvider](ecs.Kinds(), ecsmodel.KindCapacityProvider),
		"ecs-cluster":             testKind[ecsmodel.Cluster](ecs.Kinds(), ecsmodel.KindCluster),
		"ecs-service":             testKind[ecsmodel.Service](ecs.Kinds(), ecsmodel.KindService),
		"ecs-task-definition":     testKind[ecsmodel.TaskDefinition](ecs.Kinds(), ecsmodel.KindTaskDefinition),
		"efs-access-point":        testKind[efsmodel.AccessPoint](storage.Kinds(), efsmodel.KindAccessPoint),
		"efs-file-system":         testKind[efsmodel.FileSystem](storage.Kinds(), efsmodel.KindFileSystem),
		"efs-mount-targets":       testKind[efsmodel.MountTargets](storage.Kinds(), efsmodel.KindMountTargets),
		"elb-classic":             testKind[elbmodel.Classic](elb.Kinds(), elbmodel.KindClassic),
		"elb-endpoint-service":    testKind[elbmodel.EndpointService](elb.Kinds(), elbmodel.KindEndpointService),
		"elb-listener":            testKind[elbmodel.Listener](elb.Kinds(), elbmodel.KindListener),
		"elb-listener-rule":       testKind[elbmodel.ListenerRule](elb.Kinds(), elbmodel.KindListenerRule),
		"elb-load-balancer":       testKind[elbmodel.LoadBalancer](elb.Kinds(), elbmodel.KindLoadBalancer),
		"elb-target-group":        testKind[elbmodel.TargetGroup](elb.Kinds(), elbmodel.KindTargetGroup),
		"iam-instance-profile":    testKind[iammodel.InstanceProfile](iam.Kinds(), iammodel.KindInstanceProfile),
		"iam-role":                testKind[iammodel.Role](iam.Kinds(), iammodel.KindRole),
		"logs-log-group":          testKind[ecsmodel.LogGroup](ecs.Kinds(), ecsmodel.KindLogGroup),
		"vpc-network":             testKind[vpcmodel.Network](vpc.Kinds(), vpcmodel.KindNetwork),
		"vpc-security-group":      testKind[vpcmodel.SecurityGroup](vpc.Kinds(), vpcmodel.KindSecurityGroup),
		"vpc-security-group-rule": testKind[vpcmodel.SecurityGroupRule](vpc.Kinds(), vpcmodel.KindSecurityGroupRule),
	} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			kind(t, files)
		})
	}
}

// testKind tests all published replies of a kind.
func testKind[T any](kinds []slipway.Kind, name string) func(*testing.T, []string) {
	return func(t *testing.T, files []string) {
		t.Helper()
		for _, file := range files {
			if strings.HasSuffix(file, golden) {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				t.Parallel()
				s := &subject[T]{published: load(t, file), driver: driverOf[T](t, kinds, name)}
				s.kind = slipway.NewKind(name, slipway.Driver[T](bare[T]{s.driver}))
				s.rebuilds(t, strings.TrimSuffix(file, ".json")+golden)
				s.plansNothing(t, s.Declare)
				if !s.driver.Effects().Existing {
					s.tellsFieldsApart(t)
				}
			})
		}
	}
}

// subject is a kind with a published reply.
type subject[T any] struct {
	published

	driver slipway.Driver[T]
	kind   slipway.Kind
}

// rebuilt is what a golden file has.
type rebuilt struct {
	State   json.RawMessage
	Outputs map[string][]string
	Phase   slipway.Phase `json:",omitempty"`
	Reason  string        `json:",omitempty"`
}

// rebuilds compares what the driver reads with the golden file, which as a
// declaration must not differ from what was read either.
func (s *subject[T]) rebuilds(t *testing.T, file string) {
	t.Helper()
	call := slipway.Call{
		Config: s.Replies.config(), Stack: "published@us-west-2", Region: "us-west-2",
		ID: slipway.ID{Kind: s.kind.Name(), Name: "published"}, Emit: func(slipway.Event) {},
	}
	live, err := s.driver.Read(t.Context(), call, state[T](t, s.Declare))
	require.NoError(t, err)
	require.NotNil(t, live)
	require.Zero(t, live.Owner)
	got, err := json.MarshalIndent(rebuilt{
		State: pruned(t, live.State), Outputs: live.Outputs, Phase: live.Phase, Reason: live.Reason,
	}, "", "  ")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
	}
	var want rebuilt
	strict(t, read(t, file), &want)
	require.JSONEq(t, string(read(t, file)), string(got))
	s.plansNothing(t, want.State)
}

// pruned is v as JSON without what is empty, false or zero.
func pruned(t *testing.T, v any) json.RawMessage {
	t.Helper()
	body, err := json.Marshal(v)
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(body, &tree))
	body, err = json.Marshal(prune(tree))
	require.NoError(t, err)
	return body
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if v[k] = prune(v[k]); v[k] == nil {
				delete(v, k)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// plan plans a declaration of the thing, which is allowed to be anybody's.
func (s *subject[T]) plan(t *testing.T, declaration []byte) slipway.Change {
	t.Helper()
	r := declared[T]{kind: s.kind, state: state[T](t, declaration)}
	plan, err := slipway.NewStack("published", r).
		Plan(t.Context(), s.Replies.config(), slipway.Adopt(r.ID()), slipway.AllowReplace(r.ID()))
	require.NoError(t, err)
	if s.driver.Effects().Existing {
		require.True(t, plan.Empty())
		return slipway.Change{}
	}
	require.Len(t, plan.Changes, 1)
	return plan.Changes[0]
}

func (s *subject[T]) plansNothing(t *testing.T, declaration []byte) {
	t.Helper()
	change := s.plan(t, declaration)
	require.Empty(t, change.Fields, "phantom differences")
	require.NotEqual(t, slipway.Create, change.Verb)
}

var brackets = regexp.MustCompile(`\[[^\]]*\]`)

// tellsFieldsApart changes the fields of the declaration one by one: each must show
// up alone.
func (s *subject[T]) tellsFieldsApart(t *testing.T) {
	t.Helper()
	for _, m := range mutations(t, s.Declare, s.driver.Effects()) {
		change := s.plan(t, m.declaration)
		where := s.shows(m)
		if m.among(s.Finds) {
			require.Equal(t, slipway.Create, change.Verb, m.path)
			continue
		}
		require.Equal(t, len(where) > 0, len(change.Fields) > 0, "whether a changed %s shows", m.path)
		for _, f := range change.Fields {
			require.Contains(t, where, brackets.ReplaceAllString(f.Path, ""), "where %s was changed", m.path)
		}
	}
}

// shows returns where a mutation may show: at the field, or at the set that has it.
func (s *subject[T]) shows(m mutation) []string {
	if fields, ok := s.Shows[m.path]; ok {
		return fields
	}
	field := m.field
	for _, set := range s.driver.Effects().Sets {
		if strings.HasPrefix(field, set+".") {
			field = set
		}
	}
	return []string{field}
}
