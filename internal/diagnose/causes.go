// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/slipway-go/slipway"
)

// Causes returns what explains the facts: the surest first, and of equally sure ones
// what was met before what was but looked up, then that which strikes first in a
// task's life. None means that nothing is wrong, or
// nothing that is known of.
func Causes(f *Facts) []slipway.Cause {
	var all findings
	all.deployment(f)
	all.stuck(f)
	all.hosts(f)
	for i := range f.Stopped {
		all.task(f, &f.Stopped[i])
	}
	for _, g := range f.Targets {
		all.unused(g)
		all.targets(f, g)
	}
	all.events(f)
	all.checks(f.Checks)
	return all.sorted()
}

// finding is a cause with how often it was met.
type finding struct {
	slipway.Cause
	tasks int
	// subject tells causes of one code apart, such as the container.
	subject string
	// lookedUp: nothing has met it yet, as far as is seen.
	lookedUp bool
}

// latent is 1 for what was but looked up, else 0.
func (f *finding) latent() int {
	if f.lookedUp {
		return 1
	}
	return 0
}

type findings []*finding

// mostEvidence is how many different things are shown of one cause.
const mostEvidence = 5

// add adds a cause, or what is new of one that was met before.
func (all *findings) add(subject string, c slipway.Cause) *finding {
	for _, known := range *all {
		if known.Code != c.Code || known.subject != "" && subject != "" && known.subject != subject {
			continue
		}
		if c.Confidence > known.Confidence || known.Summary == summaries[c.Code] {
			known.Confidence, known.Summary = max(c.Confidence, known.Confidence), c.Summary
		}
		known.subject = cmp.Or(known.subject, subject)
		for _, e := range c.Evidence {
			known.see(e)
		}
		return known
	}
	if c.Remedy == "" {
		c.Remedy = advice[c.Code].remedy
	}
	if c.Doc == "" {
		c.Doc = advice[c.Code].doc
	}
	made := &finding{Cause: c, subject: subject}
	made.Evidence = nil
	for _, e := range c.Evidence {
		made.see(e)
	}
	*all = append(*all, made)
	return made
}

// see adds what was seen, unless the same was seen of another task.
func (f *finding) see(evidence string) {
	same := func(e string) bool { return anonymous(e) == anonymous(evidence) }
	if len(f.Evidence) < mostEvidence && !slices.ContainsFunc(f.Evidence, same) {
		f.Evidence = append(f.Evidence, evidence)
	}
}

var taskIDs = regexp.MustCompile(`\b[0-9a-f]{32}\b|\b\d{1,3}(\.\d{1,3}){3}\b`)

// anonymous is a text without the ids and addresses of tasks.
func anonymous(text string) string { return taskIDs.ReplaceAllString(text, "") }

// sorted returns the causes in order, with how many tasks met them.
func (all findings) sorted() []slipway.Cause {
	slices.SortStableFunc(all, func(a, b *finding) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.latent(), b.latent()), cmp.Compare(stage(a.Code), stage(b.Code)),
			cmp.Compare(b.tasks, a.tasks))
	})
	causes := make([]slipway.Cause, len(all))
	for i, f := range all {
		if f.tasks > 1 {
			f.Evidence = append(f.Evidence, fmt.Sprintf("%d stopped tasks in all", f.tasks))
		}
		causes[i] = f.Cause
	}
	return causes
}

// stages are the codes in the order in which they strike.
var stages = []slipway.CauseCode{
	slipway.DeploymentSuperseded, slipway.DeploymentStopped, slipway.NotPermitted, slipway.ServiceLinkedRoleMissing,
	slipway.QuotaExceeded, slipway.LaunchFailed, slipway.NotJoined, slipway.ProviderFull, slipway.AgentDisconnected, slipway.NoInstances,
	slipway.ConstraintUnmet, slipway.AttributeMissing, slipway.NoCPULeft, slipway.NoMemoryLeft, slipway.NoGPULeft, slipway.HostPortTaken, slipway.NoInterfaceLeft,
	slipway.NoCapacity, slipway.NoAddress, slipway.RoleNotAssumable,
	slipway.NoRouteToRegistry, slipway.NoRouteToSecrets, slipway.NoRouteToParameters, slipway.NoRouteToLogs, slipway.NoRouteToS3,
	slipway.SecretMissing, slipway.SecretDenied, slipway.ParameterMissing, slipway.ParameterDenied,
	slipway.LogGroupMissing, slipway.LogsDenied, slipway.MountFailed,
	slipway.PullDenied, slipway.ImageMissing, slipway.WrongArchitecture, slipway.DiskFull, slipway.TaskNotStarted, slipway.CommandNotFound,
	slipway.OutOfMemory, slipway.SegmentationFault, slipway.ContainerExited, slipway.ContainerUnhealthy,
	slipway.TargetGroupUnused, slipway.TargetZoneDisabled, slipway.TargetSecurityGroup, slipway.TargetHealthPath, slipway.GracePeriodTooShort, slipway.TargetHealthPort, slipway.CertificateMismatch,
	slipway.DeploymentStuck, slipway.AlarmTriggered, slipway.StopTimeout,
}

func stage(c slipway.CauseCode) int {
	if i := slices.Index(stages, c); i >= 0 {
		return i
	}
	return len(stages)
}

// checks adds what was looked up and found wrong.
func (all *findings) checks(list []slipway.Check) {
	for _, c := range list {
		if c.Cause == nil {
			continue
		}
		before := len(*all)
		f := all.add("", *c.Cause)
		if len(*all) > before {
			f.lookedUp = !all.has(refused[c.Cause.Code])
		} else if f.Summary != c.Cause.Summary {
			f.see(c.Cause.Summary) // it names another thing than the one of the summary
		}
	}
}

// refused are the codes of what AWS says of things that do not exist to a role that may
// use but certain ones.
var refused = map[slipway.CauseCode]slipway.CauseCode{
	slipway.SecretMissing: slipway.SecretDenied, slipway.ParameterMissing: slipway.ParameterDenied, slipway.LogGroupMissing: slipway.LogsDenied,
}

func (all *findings) has(code slipway.CauseCode) bool {
	return slices.ContainsFunc(*all, func(f *finding) bool { return f.Code == code })
}

// events adds what the service's events say beside its tasks.
func (all *findings) events(f *Facts) {
	for _, text := range f.Events {
		if code := classify(text); code != "" && ofService[code] {
			all.add("", slipway.Cause{Code: code, Confidence: slipway.Certain, Summary: summaries[code], Evidence: []string{"event: " + text}})
		}
	}
}

// ofService are the causes that events tell of a service; others are only echoes of
// its tasks.
var ofService = map[slipway.CauseCode]bool{
	slipway.NoAddress: true, slipway.NoCapacity: true, slipway.QuotaExceeded: true, slipway.ServiceLinkedRoleMissing: true,
	slipway.RoleNotAssumable: true, slipway.DeploymentStuck: true,
	slipway.NoInstances: true, slipway.AgentDisconnected: true, slipway.NoCPULeft: true, slipway.NoMemoryLeft: true, slipway.NoGPULeft: true,
	slipway.HostPortTaken: true, slipway.NoInterfaceLeft: true, slipway.AttributeMissing: true, slipway.ConstraintUnmet: true,
}
