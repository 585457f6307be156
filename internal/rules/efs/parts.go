// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
)

// PutLifecycleConfiguration holds the rules of lifecycles.
var PutLifecycleConfiguration = rules.Of[awsefs.PutLifecycleConfigurationInput]{
	{Meta: rules.Meta{
		ID: "efs-lifecycle-one", Code: badRequest, Doc: api + "API_LifecyclePolicy.html",
		Text: "Each LifecyclePolicy object must have exactly one transition.",
	}, Check: oneTransition},
	{Meta: rules.Meta{ID: "efs-lifecycle-days", Code: validation, Doc: api + "API_LifecyclePolicy.html"}, Check: transitions},
	{Meta: rules.Meta{
		ID: "efs-lifecycle-archive", Code: badRequest, Doc: api + "lifecycle-management-efs.html",
		Text: "TransitionToArchive can be set only for Regional file systems that use elastic throughput mode.",
	}, Check: archive},
	{Meta: rules.Meta{
		ID: "efs-lifecycle-order", Code: badRequest, Doc: api + "lifecycle-management-efs.html", Warn: true,
	}, Check: archiveLater},
}

// PutFileSystemPolicy holds the rules of resource policies.
var PutFileSystemPolicy = rules.Of[awsefs.PutFileSystemPolicyInput]{
	{Meta: rules.Meta{ID: "efs-policy", Code: "InvalidPolicyException", Doc: api + "API_PutFileSystemPolicy.html"}, Check: document},
}

func oneTransition(r *rules.Report, in *awsefs.PutLifecycleConfigurationInput) {
	for i, p := range in.LifecyclePolicies {
		n := 0
		for _, given := range []bool{p.TransitionToIA != "", p.TransitionToArchive != "", p.TransitionToPrimaryStorageClass != ""} {
			if given {
				n++
			}
		}
		if n != 1 {
			r.Add(rules.Problem{Path: rules.Elem("LifecyclePolicies", nil, i), Got: strconv.Itoa(n) + " transitions", Want: "one"})
		}
	}
}

func transitions(r *rules.Report, in *awsefs.PutLifecycleConfigurationInput) {
	for i, p := range in.LifecyclePolicies {
		path := rules.Elem("LifecyclePolicies", nil, i)
		known(r, path+".TransitionToIA", p.TransitionToIA, p.TransitionToIA.Values())
		known(r, path+".TransitionToArchive", p.TransitionToArchive, p.TransitionToArchive.Values())
	}
}

func known[S ~string](r *rules.Report, path string, got S, all []S) {
	if got != "" && !slices.Contains(all, got) {
		r.Add(rules.Problem{Path: path, Got: quote(string(got)), Want: "1, 7, 14, 30, 60, 90, 180, 270 or 365 days"})
	}
}

// archive: what is asked of the file system itself.
// https://docs.aws.amazon.com/efs/latest/ug/features.html#storage-classes
func archive(r *rules.Report, in *awsefs.PutLifecycleConfigurationInput) {
	state, found, ok := r.Get(model.KindFileSystem, value(in.FileSystemId))
	of, isSystem := state.(*model.FileSystem)
	if !found || !ok || !isSystem {
		return
	}
	for i, p := range in.LifecyclePolicies {
		if p.TransitionToArchive == "" {
			continue
		}
		path := rules.Elem("LifecyclePolicies", nil, i) + ".TransitionToArchive"
		if mode := of.Create.ThroughputMode; mode != efstypes.ThroughputModeElastic {
			r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("with throughput mode %s", orBursting(mode)), Want: "elastic throughput"})
		} else if value(of.Create.AvailabilityZoneName) != "" {
			r.Add(rules.Problem{Path: path, Got: "in one zone", Want: "a Regional file system"})
		}
	}
}

func orBursting(mode efstypes.ThroughputMode) efstypes.ThroughputMode {
	if mode == "" {
		return efstypes.ThroughputModeBursting
	}
	return mode
}

func archiveLater(r *rules.Report, in *awsefs.PutLifecycleConfigurationInput) {
	infrequent, archive := 0, 0
	for _, p := range in.LifecyclePolicies {
		infrequent, archive = max(infrequent, days(string(p.TransitionToIA))), max(archive, days(string(p.TransitionToArchive)))
	}
	if archive > 0 && archive <= infrequent {
		r.Add(rules.Problem{
			Path: "LifecyclePolicies", Got: fmt.Sprintf("Archive after %d days, Infrequent Access after %d", archive, infrequent), Want: "Archive later",
		})
	}
}

var digits = regexp.MustCompile(`\d+`)

func days(rule string) int {
	n, err := strconv.Atoi(digits.FindString(rule))
	if err != nil {
		return 0
	}
	return n
}

// maxPolicy is the longest policy, in characters.
const maxPolicy = 20000

func document(r *rules.Report, in *awsefs.PutFileSystemPolicyInput) {
	p := value(in.Policy)
	switch _, err := policy.Parse(p); {
	case err != nil:
		r.Add(rules.Problem{Path: "Policy", Got: err.Error(), Want: "a policy document", Text: "Invalid policy: " + err.Error()})
	case len(p) > maxPolicy:
		r.Add(rules.Problem{Path: "Policy", Got: fmt.Sprintf("%d characters", len(p)), Want: "at most 20000"})
	}
}
