// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// putPolicies puts each policy, and the alarms that call it.
func (d groupDriver) putPolicies(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	name := func(p *model.GroupPolicy) string { return p.Name }
	old := func(n string) (p model.GroupPolicy) {
		if i := slices.IndexFunc(was.Policies, func(p model.GroupPolicy) bool { return p.Name == n }); i >= 0 {
			p = was.Policies[i]
		}
		return p
	}
	return sync(was.Policies, want.Policies, name,
		func(p *model.GroupPolicy) error { return d.putPolicy(ctx, c, old(p.Name), p) },
		func(p *model.GroupPolicy) error {
			if err := deleteAlarms(ctx, c, p.Alarms); err != nil {
				return err
			}
			_, err := asgClient(c).DeletePolicy(ctx, &awsasg.DeletePolicyInput{
				AutoScalingGroupName: p.Put.AutoScalingGroupName, PolicyName: p.Put.PolicyName,
			})
			return awserr.Wrap(err, "delete scaling policy "+p.Name)
		})
}

func (groupDriver) putPolicy(ctx context.Context, c slipway.Call, old model.GroupPolicy, p *model.GroupPolicy) error {
	var arn string
	err := insist(ctx, c, "put scaling policy "+p.Name, func(ctx context.Context) error {
		out, err := asgClient(c).PutScalingPolicy(ctx, &p.Put)
		if err == nil {
			arn = aws.ToString(out.PolicyARN)
		}
		return err
	})
	if err != nil {
		return err
	}
	var gone []awscw.PutMetricAlarmInput
	name := func(a *awscw.PutMetricAlarmInput) string { return aws.ToString(a.AlarmName) }
	err = sync(old.Alarms, p.Alarms, name,
		func(a *awscw.PutMetricAlarmInput) error {
			in := *a
			in.AlarmActions = append(slices.Clip(in.AlarmActions), arn)
			in.AlarmDescription = filled(in.AlarmDescription)
			_, err := slipway.Client(c, awscw.NewFromConfig).PutMetricAlarm(ctx, &in)
			return awserr.Wrap(err, "put alarm "+name(a))
		},
		func(a *awscw.PutMetricAlarmInput) error { gone = append(gone, *a); return nil })
	if err != nil {
		return err
	}
	return deleteAlarms(ctx, c, gone)
}

func deleteAlarms(ctx context.Context, c slipway.Call, alarms []awscw.PutMetricAlarmInput) error {
	var names []string
	for _, a := range alarms {
		names = append(names, aws.ToString(a.AlarmName))
	}
	if len(names) == 0 {
		return nil
	}
	_, err := slipway.Client(c, awscw.NewFromConfig).DeleteAlarms(ctx, &awscw.DeleteAlarmsInput{AlarmNames: names})
	if awserr.Is(err, "ResourceNotFound") {
		return nil
	}
	return awserr.Wrap(err, "delete alarms "+strings.Join(names, ", "))
}
