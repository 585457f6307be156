// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
)

// targets adds why the targets of a group are not healthy.
func (all *findings) targets(f *Facts, g TargetGroup) {
	seen := g.failures(f)
	if len(seen) == 0 {
		return
	}
	arn, at := aws.ToString(g.Group.TargetGroupArn), fmt.Sprintf("container %s, port %d", g.Container, g.Port)
	add := func(c slipway.Cause) { all.add(arn, c) }
	check := g.describe()
	codes := answered(seen)
	switch {
	case codes != "":
		add(slipway.Cause{
			Code: slipway.TargetHealthPath, Confidence: slipway.Certain,
			Summary:  fmt.Sprintf("the health check %s of %s gets status %s", check, at, codes),
			Evidence: seen,
		})
		return
	case g.Admits != nil && !*g.Admits:
		add(slipway.Cause{
			Code: slipway.TargetSecurityGroup, Confidence: slipway.Certain,
			Summary:  fmt.Sprintf("the load balancer may not reach %s: no security group of the %s admits it", at, g.hosts()),
			Evidence: seen,
		})
		return
	}
	grace := all.grace(f, g, seen)
	other := g.listening(f)
	port := slipway.Cause{
		Code: slipway.TargetHealthPort, Confidence: slipway.Likely, Evidence: seen,
		Summary: fmt.Sprintf("nothing answers the health check %s of %s", check, at),
	}
	switch {
	case other != "":
		port.Confidence = slipway.Certain
		port.Evidence = append(port.Evidence, "log: "+other)
	case grace:
		port.Confidence = slipway.Possible
	}
	add(port)
	if g.Admits == nil {
		add(slipway.Cause{
			Code: slipway.TargetSecurityGroup, Confidence: slipway.Possible, Evidence: seen,
			Summary: fmt.Sprintf("the load balancer may not reach %s, if no security group of the %s admits it", at, g.hosts()),
		})
	}
}

// grace adds that the grace period may be too short. Who has set one knows of a
// program that takes its time; without one it is but possible.
func (all *findings) grace(f *Facts, g TargetGroup, seen []string) bool {
	patience := f.grace() + interval(g)*time.Duration(aws.ToInt32(g.Group.UnhealthyThresholdCount))
	cause := slipway.Cause{
		Code: slipway.GracePeriodTooShort, Confidence: slipway.Possible, Evidence: seen,
		Summary: fmt.Sprintf("a program that takes longer than about %s to start is replaced before it can answer: the health check grace period is %s",
			patience, f.grace()),
	}
	likely := f.grace() > 0
	if likely {
		cause.Confidence = slipway.Likely
	}
	all.add(aws.ToString(g.Group.TargetGroupArn), cause)
	return likely
}

// hosts are whose security groups admit the load balancer.
func (g TargetGroup) hosts() string {
	if g.Group.TargetType == elbtypes.TargetTypeEnumInstance {
		return "instances"
	}
	return "tasks"
}

func interval(g TargetGroup) time.Duration {
	return time.Duration(aws.ToInt32(g.Group.HealthCheckIntervalSeconds)) * time.Second
}

// describe says what is checked.
func (g TargetGroup) describe() string {
	port := g.checkedPort()
	if path := aws.ToString(g.Group.HealthCheckPath); path != "" {
		return "GET :" + port + path
	}
	return "of TCP port " + port
}

// checkedPort is the port that health checks go to.
func (g TargetGroup) checkedPort() string {
	if port := aws.ToString(g.Group.HealthCheckPort); port != "traffic-port" && port != "" {
		return port
	}
	return strconv.Itoa(int(g.Port))
}

// failures are what shows that targets of the group fail their checks.
func (g TargetGroup) failures(f *Facts) []string {
	var seen []string
	for _, h := range g.Health {
		if h.TargetHealth != nil && h.TargetHealth.State == elbtypes.TargetHealthStateEnumUnhealthy {
			seen = append(seen, fmt.Sprintf("target %s:%d is unhealthy: %s (%s)", aws.ToString(h.Target.Id), aws.ToInt32(h.Target.Port),
				aws.ToString(h.TargetHealth.Description), h.TargetHealth.Reason))
		}
	}
	arn := aws.ToString(g.Group.TargetGroupArn)
	for _, e := range f.Events {
		if strings.Contains(e, "is unhealthy in") && (strings.Contains(e, arn) || strings.Contains(e, aws.ToString(g.Group.TargetGroupName))) {
			seen = append(seen, "event: "+e)
		}
	}
	for i := range f.Stopped {
		if t := &f.Stopped[i]; strings.Contains(aws.ToString(t.StoppedReason), "failed ELB health checks in (target-group "+arn) {
			seen = append(seen, lived(t))
		}
	}
	return seen[:min(len(seen), mostEvidence)]
}

// lived tells how long a task ran until its checks had failed.
func lived(t *ecstypes.Task) string {
	text := task(t) + ": " + aws.ToString(t.StoppedReason)
	if t.StartedAt != nil && t.StoppingAt != nil {
		text += fmt.Sprintf(", %s after it was running", t.StoppingAt.Sub(*t.StartedAt).Round(time.Second))
	}
	return text
}

var statusCodes = regexp.MustCompile(`failed with these codes: \[([0-9, ]+)\]`)

// answered returns the statuses that checks got, if any did.
func answered(seen []string) string {
	for _, s := range seen {
		if m := statusCodes.FindStringSubmatch(s); m != nil {
			return m[1]
		}
	}
	return ""
}

var (
	listens = regexp.MustCompile(`(?i)\b(?:listen\w*|serving|started|running|bound|port)\b[^\n]*?(?::|\bport\s*[=:]?\s*)(\d{2,5})\b`)
	// clocks are times of day, which look like ports.
	clocks = regexp.MustCompile(`\b\d{1,2}:\d{2}:\d{2}\b`)
)

// listening returns a line in which the container says that it listens on another
// port than the one that is checked; empty if it says that it listens on that one, too.
func (g TargetGroup) listening(f *Facts) string {
	other := ""
	for i := range f.Stopped {
		for _, line := range f.LinesOf(aws.ToString(f.Stopped[i].TaskArn), g.Container) {
			m := listens.FindStringSubmatch(clocks.ReplaceAllString(line, ""))
			switch {
			case m == nil:
			case m[1] == g.checkedPort():
				return ""
			case other == "":
				other = line
			}
		}
	}
	return other
}
