// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"strconv"

	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
)

// Days without access, after which files are moved. EFS knows 1, 7, 14, 30, 60, 90,
// 180, 270 and 365. The zero value never moves them.
type Days int

// Lifecycle moves files that nobody reads to cheaper classes of storage.
// https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html
type Lifecycle struct {
	// InfrequentAccess is after how many days files are moved to Infrequent Access.
	InfrequentAccess Days
	// Archive is after how many days files are moved to Archive: more than to
	// Infrequent Access. Only with elastic throughput, not in one zone.
	Archive Days
	// Back moves files back to Standard when they are read.
	Back bool
}

// policies are the lifecycle as EFS takes it: each has one transition.
func (l Lifecycle) policies() []efstypes.LifecyclePolicy {
	all := []efstypes.LifecyclePolicy{}
	if l.InfrequentAccess != 0 {
		all = append(all, efstypes.LifecyclePolicy{TransitionToIA: efstypes.TransitionToIARules(l.InfrequentAccess.rule())})
	}
	if l.Archive != 0 {
		all = append(all, efstypes.LifecyclePolicy{TransitionToArchive: efstypes.TransitionToArchiveRules(l.Archive.rule())})
	}
	if l.Back {
		all = append(all, efstypes.LifecyclePolicy{TransitionToPrimaryStorageClass: efstypes.TransitionToPrimaryStorageClassRulesAfter1Access})
	}
	return all
}

// rule names the days as EFS's lifecycle policies do.
func (d Days) rule() string {
	if d == 1 {
		return "AFTER_1_DAY"
	}
	return "AFTER_" + strconv.Itoa(int(d)) + "_DAYS"
}
