// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"

	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// logGroup makes the log group that the service has of its own. ECS makes it in the name
// of its service-linked role, which may in /aws/ecs/.
func (e *express) logGroup() (string, error) {
	if e.made.logGroup != "" {
		return e.made.logGroup, nil
	}
	s, r := e.s, e.s.cl.r
	p, err := r.f.needs.Access.Assume(linkedRole(r.partition, r.account), ecsService, "ECSExpressGateway", nil)
	if err != nil {
		return "", invalid(noLinkedRole)
	}
	name := "/aws/ecs/" + s.cl.name + "/" + s.name + "-" + r.f.sim.ID(4, "express-logs", r.name, s.cl.name, s.name)
	if err := r.f.needs.Logs.Group(r.name, name, p); err != nil {
		return "", err
	}
	e.made.logGroup = name
	return name, nil
}

func (e *express) makeCertificate() error {
	if e.made.certificate != "" {
		return nil
	}
	out, err := as[awsacm.RequestCertificateOutput](e, "ACM", "RequestCertificate", &awsacm.RequestCertificateInput{
		DomainName: &e.host, ValidationMethod: acmtypes.ValidationMethodDns, Tags: []acmtypes.Tag{{Key: new(managedTag), Value: new(managedValue)}},
	})
	if err != nil {
		return err
	}
	e.made.certificate = *out.CertificateArn
	return nil
}

func (e *express) unmakeCertificate() error {
	if e.made.certificate == "" {
		return nil
	}
	_, err := as[awsacm.DeleteCertificateOutput](e, "ACM", "DeleteCertificate", &awsacm.DeleteCertificateInput{CertificateArn: &e.made.certificate})
	if err == nil {
		e.made.certificate = ""
	}
	return err
}

func (e *express) scalable() *string { return new("service/" + e.s.cl.name + "/" + e.s.name) }

const scalingID = "Application Auto Scaling"

func (e *express) makeScalableTarget() error {
	in := &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(), ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
		MinCapacity: e.config.scaling.MinTaskCount, MaxCapacity: e.config.scaling.MaxTaskCount,
	}
	if !e.made.scalable { // tags are for new ones
		in.Tags = map[string]string{managedTag: managedValue}
		for _, t := range e.s.tags {
			in.Tags[value(t.Key)] = value(t.Value)
		}
	}
	_, err := as[awsaas.RegisterScalableTargetOutput](e, scalingID, "RegisterScalableTarget", in)
	e.made.scalable = e.made.scalable || err == nil
	return err
}

func (e *express) unmakeScalableTarget() error {
	_, err := as[awsaas.DeregisterScalableTargetOutput](e, scalingID, "DeregisterScalableTarget", &awsaas.DeregisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(), ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
	})
	return err
}

// metrics are those of target tracking.
var metrics = map[ecstypes.ExpressGatewayServiceScalingMetric]aastypes.MetricType{
	ecstypes.ExpressGatewayServiceScalingMetricAverageCPUUtilization:    aastypes.MetricTypeECSServiceAverageCPUUtilization,
	ecstypes.ExpressGatewayServiceScalingMetricAverageMemoryUtilization: aastypes.MetricTypeECSServiceAverageMemoryUtilization,
	ecstypes.ExpressGatewayServiceScalingMetricRequestCountPerTarget:    aastypes.MetricTypeALBRequestCountPerTarget,
}

// makeScalingPolicy makes the policy, which has the name of the service and of its metric.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (e *express) makeScalingPolicy() error {
	scaling := e.config.scaling
	metric := &aastypes.PredefinedMetricSpecification{PredefinedMetricType: metrics[scaling.AutoScalingMetric]}
	name := e.s.name + string(metric.PredefinedMetricType)
	if e.made.policyName != name {
		if err := e.unmakeScalingPolicy(); err != nil {
			return err
		}
	}
	if metric.PredefinedMetricType == aastypes.MetricTypeALBRequestCountPerTarget {
		_, balancer, _ := strings.Cut(e.gateway.balancer, "loadbalancer/")
		metric.ResourceLabel = new(balancer + "/" + e.targets().dimension())
	}
	out, err := as[awsaas.PutScalingPolicyOutput](e, scalingID, "PutScalingPolicy", &awsaas.PutScalingPolicyInput{
		PolicyName: &name, ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &aastypes.TargetTrackingScalingPolicyConfiguration{
			PredefinedMetricSpecification: metric, TargetValue: new(float64(*scaling.AutoScalingTargetValue)), DisableScaleIn: new(false),
		},
	})
	if err != nil {
		return err
	}
	e.made.policy, e.made.policyName = *out.PolicyARN, name
	return nil
}

func (e *express) unmakeScalingPolicy() error {
	if e.made.policy == "" {
		return nil
	}
	_, err := as[awsaas.DeleteScalingPolicyOutput](e, scalingID, "DeleteScalingPolicy", &awsaas.DeleteScalingPolicyInput{
		PolicyName: &e.made.policyName, ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err != nil && !vanished(err) {
		return err
	}
	e.made.policy, e.made.policyName = "", ""
	return nil
}

// alarmName is that of the alarm which guards deployments.
func (e *express) alarmName() string {
	return "ecs-express-" + e.s.cl.name + "-" + e.s.name + "-rollback"
}

// The alarm goes off when more than one percent of the answers are errors in two of three
// minutes.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
const (
	errorPercent                 = 1.0
	errorMinutes, errorOfMinutes = 2, 3
	alarmPeriod                  = 60
)

// makeAlarm has deployments rolled back for errors, those of clients too. It counts the
// answers of both target groups.
func (e *express) makeAlarm() error {
	_, balancer, _ := strings.Cut(e.gateway.balancer, "loadbalancer/")
	var queries []cwtypes.MetricDataQuery
	sum := func(metric, letter string) string {
		var terms []string
		for i := range e.made.groups {
			id := letter + strconv.Itoa(i)
			queries = append(queries, cwtypes.MetricDataQuery{Id: &id, ReturnData: new(false), MetricStat: &cwtypes.MetricStat{
				Period: new(int32(alarmPeriod)), Stat: new("Sum"), Metric: &cwtypes.Metric{
					Namespace: new("AWS/ApplicationELB"), MetricName: &metric, Dimensions: []cwtypes.Dimension{
						{Name: new("LoadBalancer"), Value: &balancer}, {Name: new("TargetGroup"), Value: new(e.made.groups[i].dimension())},
					},
				},
			}})
			terms = append(terms, "FILL("+id+", 0)")
		}
		return strings.Join(terms, " + ")
	}
	rate := "100 * (" + sum("HTTPCode_Target_4XX_Count", "c") + " + " + sum("HTTPCode_Target_5XX_Count", "s") + ") / (" + sum("RequestCount", "r") + ")"
	_, err := as[awscw.PutMetricAlarmOutput](e, "CloudWatch", "PutMetricAlarm", &awscw.PutMetricAlarmInput{
		AlarmName: new(e.alarmName()), AlarmDescription: new("Errors of the Amazon ECS Express service " + e.s.name + " in percent"),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: new(errorPercent),
		EvaluationPeriods: new(int32(errorOfMinutes)), DatapointsToAlarm: new(int32(errorMinutes)), TreatMissingData: new("notBreaching"),
		Metrics: append(queries, cwtypes.MetricDataQuery{Id: new("rate"), Expression: &rate, ReturnData: new(true), Label: new("errors in percent")}),
		Tags:    []cwtypes.Tag{{Key: new(managedTag), Value: new(managedValue)}},
	})
	return err
}

func (e *express) unmakeAlarm() error {
	_, err := as[awscw.DeleteAlarmsOutput](e, "CloudWatch", "DeleteAlarms", &awscw.DeleteAlarmsInput{AlarmNames: []string{e.alarmName()}})
	return err
}
