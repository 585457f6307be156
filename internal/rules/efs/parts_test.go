// SPDX-License-Identifier: Apache-2.0

package efs_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/rules/efs"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

// largest is the greatest ID of users and groups.
const largest = 1<<32 - 1

// TestEveryRuleOfAccessPoints has the bounds of
// https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html and
// https://docs.aws.amazon.com/efs/latest/ug/API_PosixUser.html
func TestEveryRuleOfAccessPoints(t *testing.T) {
	t.Parallel()
	type point = awsefs.CreateAccessPointInput
	token := func(s string) func(*point) { return func(in *point) { in.ClientToken = &s } }
	user := func(uid, gid int64, others ...int64) func(*point) {
		return func(in *point) { in.PosixUser = &efstypes.PosixUser{Uid: &uid, Gid: &gid, SecondaryGids: others} }
	}
	owner := func(uid, gid int64, permissions string) func(*point) {
		return func(in *point) {
			in.RootDirectory = &efstypes.RootDirectory{Path: aws.String("/data"), CreationInfo: &efstypes.CreationInfo{OwnerUid: &uid, OwnerGid: &gid, Permissions: &permissions}}
		}
	}
	path := func(p string) func(*point) {
		return both(owner(0, 0, "755"), func(in *point) { in.RootDirectory.Path = &p })
	}
	bare := func(p string) func(*point) {
		return func(in *point) { in.RootDirectory = &efstypes.RootDirectory{Path: &p} }
	}
	base := func() *point { return &point{ClientToken: aws.String("t"), FileSystemId: aws.String("fs-1")} }
	const root = "RootDirectory."
	rulestest.Holds(t, efs.CreateAccessPoint, nil, base, []rulestest.Row[point]{
		{Rule: "efs-client-token", Name: "none", Breaks: token(""), Legal: token("t"), Path: "ClientToken", Code: validation},
		{Rule: "efs-client-token", Name: "65 characters", Breaks: token(strings.Repeat("t", 65)), Legal: token(strings.Repeat("t", 64)), Path: "ClientToken", Code: validation},
		{
			Rule: "efs-tags", Name: "51", Breaks: func(in *point) { in.Tags = tagged(51, efstypes.Tag{Key: aws.String("x")}) },
			Legal: func(in *point) { in.Tags = tagged(50, efstypes.Tag{Key: aws.String("x")}) }, Path: "Tags", Code: validation,
		},
		{Rule: "efs-posix-user", Name: "-1", Breaks: user(-1, 0), Legal: user(0, 0), Path: "PosixUser.Uid", Code: validation},
		{Rule: "efs-posix-user", Name: "33 bits", Breaks: user(0, largest+1), Legal: user(0, largest), Path: "PosixUser.Gid", Code: validation},
		{Rule: "efs-posix-user", Name: "no user", Breaks: func(in *point) { in.PosixUser = &efstypes.PosixUser{Gid: aws.Int64(0)} }, Path: "PosixUser.Uid", Code: validation},
		{Rule: "efs-posix-user", Name: "17 groups", Breaks: user(1, 1, make([]int64, 17)...), Legal: user(1, 1, make([]int64, 16)...), Path: "PosixUser.SecondaryGids", Code: validation},
		{Rule: "efs-posix-user", Name: "a group of -1", Breaks: user(1, 1, 2, -1), Legal: user(1, 1, 2, 0), Path: "PosixUser.SecondaryGids[1]", Code: validation},
		{Rule: "efs-root-path", Name: "relative", Breaks: path("data"), Legal: path("/data"), Path: root + "Path", Code: validation},
		{Rule: "efs-root-path", Name: "five levels", Breaks: path("/a/b/c/d/e"), Legal: path("/a/b/c/d"), Path: root + "Path", Code: validation},
		{Rule: "efs-root-path", Name: "101 characters", Breaks: path("/" + strings.Repeat("d", 100)), Legal: path("/" + strings.Repeat("d", 99)), Path: root + "Path", Code: validation},
		{Rule: "efs-root-path", Name: "a dollar", Breaks: path("/$x"), Legal: path("/"), Path: root + "Path", Code: validation},
		{Rule: "efs-root-creation", Name: "an owner of -1", Breaks: owner(-1, 0, "755"), Legal: owner(0, 0, "755"), Path: root + "CreationInfo.OwnerUid", Code: validation},
		{Rule: "efs-root-creation", Name: "a group of 33 bits", Breaks: owner(0, largest+1, "755"), Legal: owner(0, largest, "755"), Path: root + "CreationInfo.OwnerGid", Code: validation},
		{Rule: "efs-root-creation", Name: "permissions in letters", Breaks: owner(0, 0, "rwx"), Legal: owner(0, 0, "0755"), Path: root + "CreationInfo.Permissions", Code: validation},
		{Rule: "efs-root-creation", Name: "an eight", Breaks: owner(0, 0, "778"), Legal: owner(0, 0, "777"), Path: root + "CreationInfo.Permissions", Code: validation},
		{Rule: "efs-root-exists", Name: "nobody makes it", Breaks: bare("/data"), Legal: bare("/"), Path: root + "CreationInfo"},
	})
}

func TestEveryRuleOfMountTargets(t *testing.T) {
	t.Parallel()
	type target = awsefs.CreateMountTargetInput
	at := func(ip string) func(*target) { return func(in *target) { in.IpAddress = &ip } }
	groups := func(n int) func(*target) { return func(in *target) { in.SecurityGroups = make([]string, n) } }
	refs := rulestest.Things{slipway.ID{Kind: efs.KindSubnet, Name: "subnet-1"}: netip.MustParsePrefix("10.0.0.0/24")}
	base := func() *target { return &target{SubnetId: aws.String("subnet-1")} }
	rulestest.Holds(t, efs.CreateMountTarget, refs, base, []rulestest.Row[target]{
		{Rule: "efs-mount-target-address", Name: "outside", Breaks: at("10.0.1.0"), Legal: at("10.0.0.255"), Path: "IpAddress", Code: badRequest, Text: "subnet's address range"},
		{Rule: "efs-mount-target-address", Name: "a name", Breaks: at("here"), Legal: at("10.0.0.1"), Path: "IpAddress", Code: badRequest},
		{Rule: "efs-mount-target-address", Name: "IPv6", Breaks: at("::1"), Legal: at(""), Path: "IpAddress", Code: badRequest},
		{Rule: "efs-security-groups", Name: "six", Breaks: groups(6), Legal: groups(5), Path: "SecurityGroups", Code: "SecurityGroupLimitExceeded"},
	})
	type change = awsefs.ModifyMountTargetSecurityGroupsInput
	changed := func(n int) func(*change) { return func(in *change) { in.SecurityGroups = make([]string, n) } }
	rulestest.Holds(t, efs.ModifyMountTargetSecurityGroups, nil, func() *change { return &change{} }, []rulestest.Row[change]{
		{Rule: "efs-security-groups", Name: "six of a change", Breaks: changed(6), Legal: changed(5), Path: "SecurityGroups", Code: "SecurityGroupLimitExceeded"},
	})
}

func TestEveryRuleOfLifecycles(t *testing.T) {
	t.Parallel()
	type lifecycle = awsefs.PutLifecycleConfigurationInput
	of := func(system string, policies ...efstypes.LifecyclePolicy) func(*lifecycle) {
		return func(in *lifecycle) { in.FileSystemId, in.LifecyclePolicies = &system, policies }
	}
	cold := func(rule efstypes.TransitionToIARules) efstypes.LifecyclePolicy {
		return efstypes.LifecyclePolicy{TransitionToIA: rule}
	}
	archived := func(rule efstypes.TransitionToArchiveRules) efstypes.LifecyclePolicy {
		return efstypes.LifecyclePolicy{TransitionToArchive: rule}
	}
	two := efstypes.LifecyclePolicy{TransitionToIA: "AFTER_7_DAYS", TransitionToArchive: "AFTER_90_DAYS"}
	systems := func(change func(*system)) *model.FileSystem {
		in := plainSystem()
		change(in)
		return &model.FileSystem{Create: *in}
	}
	refs := rulestest.Things{
		slipway.ID{Kind: model.KindFileSystem, Name: "bursting"}: systems(func(*system) {}),
		slipway.ID{Kind: model.KindFileSystem, Name: "elastic"}:  systems(func(in *system) { in.ThroughputMode = "elastic" }),
		slipway.ID{Kind: model.KindFileSystem, Name: "zone"}: systems(func(in *system) {
			in.ThroughputMode, in.AvailabilityZoneName = "elastic", aws.String("us-east-1a")
		}),
	}
	const first = "LifecyclePolicies[0]"
	rulestest.Holds(t, efs.PutLifecycleConfiguration, refs, func() *lifecycle { return &lifecycle{} }, []rulestest.Row[lifecycle]{
		{Rule: "efs-lifecycle-one", Name: "none", Breaks: of("elastic", efstypes.LifecyclePolicy{}), Legal: of("elastic", cold("AFTER_1_DAY")), Path: first, Code: badRequest},
		{Rule: "efs-lifecycle-one", Name: "two", Breaks: of("elastic", two), Legal: of("elastic", cold("AFTER_7_DAYS"), archived("AFTER_90_DAYS")), Path: first, Code: badRequest},
		{Rule: "efs-lifecycle-days", Name: "two days", Breaks: of("elastic", cold("AFTER_2_DAYS")), Legal: of("elastic", cold("AFTER_365_DAYS")), Path: first + ".TransitionToIA", Code: validation},
		{Rule: "efs-lifecycle-days", Name: "two days until archived", Breaks: of("elastic", archived("AFTER_2_DAYS")), Legal: of("elastic", archived("AFTER_1_DAY")), Path: first + ".TransitionToArchive", Code: validation},
		{Rule: "efs-lifecycle-archive", Name: "bursting", Breaks: of("bursting", archived("AFTER_90_DAYS")), Legal: of("bursting", cold("AFTER_90_DAYS")), Path: first + ".TransitionToArchive", Code: badRequest},
		{Rule: "efs-lifecycle-archive", Name: "in one zone", Breaks: of("zone", archived("AFTER_90_DAYS")), Legal: of("elastic", archived("AFTER_90_DAYS")), Path: first + ".TransitionToArchive", Code: badRequest},
		{
			Rule: "efs-lifecycle-order", Name: "as early", Breaks: of("elastic", cold("AFTER_90_DAYS"), archived("AFTER_90_DAYS")),
			Legal: of("elastic", cold("AFTER_60_DAYS"), archived("AFTER_90_DAYS")), Path: "LifecyclePolicies", Code: badRequest,
		},
	})
}

func TestEveryRuleOfFileSystemPolicies(t *testing.T) {
	t.Parallel()
	type policy = awsefs.PutFileSystemPolicyInput
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"elasticfilesystem:ClientMount","Resource":"*"}]}`
	set := func(s string) func(*policy) { return func(in *policy) { in.Policy = &s } }
	padded := func(n int) func(*policy) { return set(document + strings.Repeat(" ", n-len(document))) }
	const code = "InvalidPolicyException"
	rulestest.Holds(t, efs.PutFileSystemPolicy, nil, func() *policy { return &policy{Policy: aws.String(document)} }, []rulestest.Row[policy]{
		{Rule: "efs-policy", Name: "no JSON", Breaks: set("{"), Path: "Policy", Code: code, Text: "Invalid policy"},
		{Rule: "efs-policy", Name: "20001 characters", Breaks: padded(20001), Legal: padded(20000), Path: "Policy", Code: code},
	})
}
