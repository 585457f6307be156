// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// Exit codes of processes that a signal or the shell ended: 128 and the number of the
// signal, and the shell's own.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitKilled        = 137
	exitSegmentation  = 139
	exitTerminated    = 143
)

// task adds what the end of a task tells.
func (all *findings) task(f *Facts, t *ecstypes.Task) {
	if all.said(f, t) {
		return
	}
	switch reason := aws.ToString(t.StoppedReason); {
	case strings.Contains(reason, "failed container health checks"):
		all.met(all.add("", unhealthyContainer(f, t)))
	case t.StopCode == ecstypes.TaskStopCodeEssentialContainerExited:
		all.exits(f, t)
	case t.StopCode == ecstypes.TaskStopCodeTaskFailedToStart:
		all.met(all.add("", slipway.Cause{
			Code: slipway.TaskNotStarted, Confidence: slipway.Likely, Summary: summaries[slipway.TaskNotStarted],
			Evidence: []string{task(t) + ": " + reason},
		}))
	default:
		all.killed(f, t)
	}
}

func (all *findings) met(f *finding) { f.tasks++ }

// said adds what the texts of a task and its containers say in so many words. A
// container's reason comes before the task's, which sums up.
func (all *findings) said(f *Facts, t *ecstypes.Task) bool {
	for _, c := range t.Containers {
		reason := aws.ToString(c.Reason)
		code := classify(reason)
		if code == "" {
			continue
		}
		cause := fromText(code, t, &c, reason)
		cause.Evidence = append(cause.Evidence, f.wrote(t, &c)...)
		// The task ended for another reason: it can do without this container.
		aside := !f.essential(&c) && t.StopCode != ecstypes.TaskStopCodeTaskFailedToStart
		if aside {
			cause.Confidence = slipway.Possible
		}
		all.met(all.add(aws.ToString(c.Name), cause))
		if !aside {
			return true
		}
	}
	reason := aws.ToString(t.StoppedReason)
	if code := classify(reason); code != "" {
		all.met(all.add("", fromText(code, t, nil, reason)))
		return true
	}
	return false
}

func fromText(code slipway.CauseCode, t *ecstypes.Task, c *ecstypes.Container, text string) slipway.Cause {
	cause := slipway.Cause{Code: code, Confidence: slipway.Certain, Summary: summaries[code], Evidence: []string{task(t) + ": " + text}}
	if c == nil {
		return cause
	}
	name := aws.ToString(c.Name)
	cause.Summary = "container " + name + ": " + cause.Summary
	switch code {
	case slipway.ImageMissing, slipway.PullDenied, slipway.WrongArchitecture, slipway.NoRouteToRegistry, slipway.NoRouteToS3:
		if image := aws.ToString(c.Image); image != "" {
			cause.Summary += ": " + image
		}
	}
	// Docker Hub answers alike for what does not exist and what is private.
	if strings.Contains(text, "repository does not exist or may require") {
		cause.Confidence = slipway.Likely
	}
	return cause
}

// exits adds how the essential containers of a task ended by themselves.
func (all *findings) exits(f *Facts, t *ecstypes.Task) {
	for _, c := range f.culprits(t) {
		code := *c.ExitCode
		if code == 0 && !f.endless(t) {
			continue // it has done its work
		}
		cause := exit(&c, code)
		cause.Evidence = append([]string{task(t) + ": container " + aws.ToString(c.Name) + " ended with exit code " + strconv.Itoa(int(code))}, cause.Evidence...)
		if r := aws.ToString(c.Reason); r != "" {
			cause.Evidence = append(cause.Evidence, r)
		}
		lines := f.wrote(t, &c)
		if code := classifyLines(lines); code != "" {
			cause.Code, cause.Summary = code, "container "+aws.ToString(c.Name)+": "+summaries[code]
		}
		cause.Evidence = append(cause.Evidence, lines...)
		all.met(all.add(aws.ToString(c.Name), cause))
	}
}

// culprits are the essential containers whose end ended the task. ECS stops the others
// after the first: their exit code is then 0 or 143, or 137 if they did not obey. So
// one with a code of its own was first, and of the others one that was not killed.
func (f *Facts) culprits(t *ecstypes.Task) []ecstypes.Container {
	ended := slices.DeleteFunc(slices.Clone(t.Containers), func(c ecstypes.Container) bool { return c.ExitCode == nil || !f.essential(&c) })
	for _, stopped := range [][]int32{{0, exitTerminated, exitKilled}, {exitTerminated, exitKilled}, {exitTerminated}} {
		first := slices.DeleteFunc(slices.Clone(ended), func(c ecstypes.Container) bool { return slices.Contains(stopped, *c.ExitCode) })
		if len(first) > 0 {
			return first
		}
	}
	return ended
}

// endless reports whether what the task runs is not meant to end.
func (f *Facts) endless(t *ecstypes.Task) bool {
	return f.Service != nil || strings.HasPrefix(aws.ToString(t.Group), "service:")
}

// exit is what an exit code means.
func exit(c *ecstypes.Container, code int32) slipway.Cause {
	name := aws.ToString(c.Name)
	switch code {
	case exitSegmentation:
		return slipway.Cause{
			Code: slipway.SegmentationFault, Confidence: slipway.Certain,
			Summary: "container " + name + " accessed memory that is not its own (SIGSEGV)",
		}
	case exitKilled:
		return slipway.Cause{
			Code: slipway.OutOfMemory, Confidence: slipway.Likely,
			Summary: "container " + name + " was killed (SIGKILL) while nobody stopped it, as the kernel does at the memory limit",
		}
	case exitNotFound, exitNotExecutable:
		return slipway.Cause{
			Code: slipway.CommandNotFound, Confidence: slipway.Likely,
			Summary: fmt.Sprintf("container %s: its command was not found or is not executable (exit code %d)", name, code),
		}
	case 0:
		return slipway.Cause{
			Code: slipway.ContainerExited, Confidence: slipway.Certain,
			Summary: "container " + name + " ended without an error, and is essential: what runs in a service must not end",
		}
	default:
		return slipway.Cause{
			Code: slipway.ContainerExited, Confidence: slipway.Certain,
			Summary: fmt.Sprintf("container %s ended by itself with exit code %d", name, code),
		}
	}
}

// classifyLines recognises what a program that could not run at all leaves as its
// last words.
func classifyLines(lines []string) slipway.CauseCode {
	for _, l := range lines {
		if strings.Contains(strings.ToLower(l), "exec format error") {
			return slipway.WrongArchitecture
		}
	}
	return ""
}

// killed adds that containers of a task which was stopped did not end by themselves.
func (all *findings) killed(f *Facts, t *ecstypes.Task) {
	if strings.HasPrefix(aws.ToString(t.StoppedReason), "Host EC2") {
		return // its instance went away
	}
	for _, c := range t.Containers {
		if c.ExitCode == nil || *c.ExitCode != exitKilled {
			continue
		}
		name, took := aws.ToString(c.Name), stopping(t)
		cause := slipway.Cause{
			Code: slipway.StopTimeout, Confidence: slipway.Likely,
			Summary:  fmt.Sprintf("container %s did not end within its stop timeout of %s and was killed", name, f.stopTimeout(name)),
			Evidence: []string{fmt.Sprintf("%s: container %s ended with exit code %d after %s: %s", task(t), name, exitKilled, took, aws.ToString(t.StoppedReason))},
		}
		if took >= f.stopTimeout(name) {
			cause.Confidence = slipway.Certain
		}
		all.met(all.add(name, cause))
	}
}

// stopping is how long the task took to stop.
func stopping(t *ecstypes.Task) time.Duration {
	end := aws.ToTime(t.ExecutionStoppedAt)
	if end.IsZero() {
		end = aws.ToTime(t.StoppedAt)
	}
	if t.StoppingAt == nil || end.Before(*t.StoppingAt) {
		return 0
	}
	return end.Sub(*t.StoppingAt)
}

func unhealthyContainer(f *Facts, t *ecstypes.Task) slipway.Cause {
	cause := slipway.Cause{
		Code: slipway.ContainerUnhealthy, Confidence: slipway.Certain, Summary: "the health check of a container fails",
		Evidence: []string{task(t) + ": " + aws.ToString(t.StoppedReason)},
	}
	for _, c := range t.Containers {
		if c.HealthStatus != ecstypes.HealthStatusUnhealthy {
			continue
		}
		cause.Summary = "the health check of container " + aws.ToString(c.Name) + " fails"
		if d := f.definition(aws.ToString(c.Name)); d != nil && d.HealthCheck != nil {
			cause.Evidence = append(cause.Evidence, "health check: "+strings.Join(d.HealthCheck.Command, " "))
		}
		cause.Evidence = append(cause.Evidence, f.wrote(t, &c)...)
	}
	return cause
}

// mostLines is how many of its last lines are shown of a container.
const mostLines = 3

// wrote returns the last lines of a container as evidence.
func (f *Facts) wrote(t *ecstypes.Task, c *ecstypes.Container) []string {
	lines := f.LinesOf(aws.ToString(t.TaskArn), aws.ToString(c.Name))
	var all []string
	for _, l := range lines[max(0, len(lines)-mostLines):] {
		all = append(all, "log: "+l)
	}
	return all
}

func (f *Facts) definition(container string) *ecstypes.ContainerDefinition {
	if f.Definition == nil {
		return nil
	}
	i := slices.IndexFunc(f.Definition.ContainerDefinitions, func(d ecstypes.ContainerDefinition) bool { return aws.ToString(d.Name) == container })
	if i < 0 {
		return nil
	}
	return &f.Definition.ContainerDefinitions[i]
}

func (f *Facts) essential(c *ecstypes.Container) bool {
	d := f.definition(aws.ToString(c.Name))
	return d == nil || d.Essential == nil || *d.Essential
}

// defaultStopTimeout is that of Fargate, and of ECS on EC2.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const defaultStopTimeout = 30 * time.Second

func (f *Facts) stopTimeout(container string) time.Duration {
	if d := f.definition(container); d != nil && d.StopTimeout != nil {
		return time.Duration(*d.StopTimeout) * time.Second
	}
	return defaultStopTimeout
}

// task names a task in evidence.
func task(t *ecstypes.Task) string {
	arn := aws.ToString(t.TaskArn)
	return "task " + arn[strings.LastIndexByte(arn, '/')+1:]
}
