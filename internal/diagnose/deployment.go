// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// deployment adds what became of the deployment, whatever its tasks did.
func (all *findings) deployment(f *Facts) {
	d := f.Deployment
	if d == nil {
		return
	}
	reason := aws.ToString(d.StatusReason)
	if a := d.Alarms; a != nil && a.Status == ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered {
		cause := slipway.Cause{
			Code: slipway.AlarmTriggered, Confidence: slipway.Certain,
			Summary:  "the deployment was failed by " + strings.Join(a.TriggeredAlarmNames, ", "),
			Evidence: said(d, reason),
		}
		if f.Service != nil && f.Service.ResourceManagementType == ecstypes.ResourceManagementTypeEcs {
			cause.Summary += ", the alarm of Express Mode: more than 1 % of the answers were 4xx or 5xx in 2 of 3 minutes"
			cause.Remedy = "find the requests that fail, 401 and 404 among them, in the logs of the tasks and in HTTPCode_Target_4XX_Count and 5XX of AWS/ApplicationELB"
			cause.Doc = guide + "express-service-update-full.html"
		}
		all.add("", cause)
	}
	tripped := d.DeploymentCircuitBreaker != nil && d.DeploymentCircuitBreaker.Status == ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered
	if d.Status == ecstypes.ServiceDeploymentStatusStopped && f.Successor != "" {
		all.add("", slipway.Cause{
			Code: slipway.DeploymentSuperseded, Confidence: slipway.Certain,
			Summary: "the deployment was superseded by " + f.Successor, Evidence: said(d, reason),
		})
	} else if stoppedByHand(d, reason) && !tripped {
		all.add("", slipway.Cause{
			Code: slipway.DeploymentStopped, Confidence: slipway.Certain, Summary: "somebody stopped the deployment", Evidence: said(d, reason),
		})
	}
}

// stoppedByHand reports whether StopServiceDeployment was called.
func stoppedByHand(d *ecstypes.ServiceDeployment, reason string) bool {
	return strings.Contains(strings.ToLower(reason), "stopped by") || d.StoppedAt != nil && d.Rollback != nil ||
		d.Status == ecstypes.ServiceDeploymentStatusStopped || d.Status == ecstypes.ServiceDeploymentStatusStopRequested
}

func said(d *ecstypes.ServiceDeployment, reason string) []string {
	text := "service deployment is " + string(d.Status)
	if reason != "" {
		text += ": " + reason
	}
	return []string{text}
}

// hundred percent.
const hundred = 100

// stuck adds that no task can be started nor stopped between the percentages. The
// minimum is rounded up, the maximum down. As long as tasks are missing, some start.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func (all *findings) stuck(f *Facts) {
	s := f.Service
	if s == nil || s.DeploymentConfiguration == nil || s.DesiredCount == 0 || len(s.Deployments) < 2 || s.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon {
		return
	}
	low, high := s.DeploymentConfiguration.MinimumHealthyPercent, s.DeploymentConfiguration.MaximumPercent
	if low == nil || high == nil {
		return
	}
	least, most := (s.DesiredCount**low+hundred-1)/hundred, s.DesiredCount**high/hundred
	if least < s.DesiredCount || most > s.DesiredCount || s.RunningCount+s.PendingCount < most {
		return
	}
	all.add("", slipway.Cause{
		Code: slipway.DeploymentStuck, Confidence: slipway.Certain,
		Summary:  fmt.Sprintf("at least %d and at most %d of %d tasks may run during a deployment, so none can be stopped or started", least, most, s.DesiredCount),
		Evidence: []string{fmt.Sprintf("minimum healthy percent %d, maximum percent %d, desired count %d", *low, *high, s.DesiredCount)},
	})
}
