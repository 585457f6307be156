// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"

	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
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

func (e *express) makeServiceGroup() error {
	s := e.s
	if e.made.group == "" {
		name := "ecs-express-" + s.cl.name + "-" + s.name + "-" + s.cl.r.f.sim.ID(4, "express-group", s.cl.r.name, s.cl.name, s.name)
		id, err := e.createGroup(name, "Tasks of the Amazon ECS Express service "+s.name, e.place.vpc)
		if err != nil {
			return err
		}
		e.made.group = id
	}
	port := e.port()
	if slices.Contains(e.made.ports, port) {
		return nil
	}
	err := e.admit(e.made.group, ec2types.IpPermission{
		IpProtocol: new("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &e.gateway.group}},
	})
	if err == nil {
		e.made.ports = append(e.made.ports, port)
	}
	return err
}

func (e *express) unmakeServiceGroup() error {
	if e.made.group == "" {
		return nil
	}
	err := e.deleteGroup(e.made.group)
	if err == nil {
		e.made.group = ""
	}
	return err
}

func (e *express) makeCertificate() error {
	if e.made.certificate != "" {
		return nil
	}
	out, err := as[awsacm.RequestCertificateOutput](e, "ACM", "RequestCertificate", &awsacm.RequestCertificateInput{
		DomainName: &e.host, ValidationMethod: acmtypes.ValidationMethodDns,
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

// The health check of the target group.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
const (
	checkInterval, checkTimeout      = 30, 5
	healthyThreshold, unhealthyCount = 5, 2
)

func (e *express) makeTargetGroup() error {
	path := e.config.health
	if e.made.targetGroup != "" {
		_, err := as[awselb.ModifyTargetGroupOutput](e, elbID, "ModifyTargetGroup", &awselb.ModifyTargetGroupInput{
			TargetGroupArn: &e.made.targetGroup, HealthCheckPath: path,
		})
		return err
	}
	r := e.s.cl.r
	out, err := as[awselb.CreateTargetGroupOutput](e, elbID, "CreateTargetGroup", &awselb.CreateTargetGroupInput{
		Name: new("ecs-gateway-tg-" + r.f.sim.ID(16, "express-targets", r.name, e.s.cl.name, e.s.name)), VpcId: &e.place.vpc,
		Protocol: elbtypes.ProtocolEnumHttp, Port: new(e.port()), TargetType: elbtypes.TargetTypeEnumIp, HealthCheckPath: path,
		HealthCheckIntervalSeconds: new(int32(checkInterval)), HealthCheckTimeoutSeconds: new(int32(checkTimeout)),
		HealthyThresholdCount: new(int32(healthyThreshold)), UnhealthyThresholdCount: new(int32(unhealthyCount)),
	})
	if err != nil {
		return err
	}
	e.made.targetGroup = *out.TargetGroups[0].TargetGroupArn
	return nil
}

func (e *express) unmakeTargetGroup() error {
	if e.made.targetGroup == "" {
		return nil
	}
	_, err := as[awselb.DeleteTargetGroupOutput](e, elbID, "DeleteTargetGroup", &awselb.DeleteTargetGroupInput{TargetGroupArn: &e.made.targetGroup})
	if err == nil {
		e.made.targetGroup = ""
	}
	return err
}

func (e *express) makeRule() error {
	if e.made.rule != "" {
		return nil
	}
	priority, err := e.freePriority()
	if err != nil {
		return err
	}
	out, err := as[awselb.CreateRuleOutput](e, elbID, "CreateRule", &awselb.CreateRuleInput{
		ListenerArn: &e.gateway.listener, Priority: &priority,
		Conditions: []elbtypes.RuleCondition{{Field: new("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{e.host}}}},
		Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &e.made.targetGroup}},
	})
	if err != nil {
		return err
	}
	e.made.rule = *out.Rules[0].RuleArn
	return nil
}

// freePriority is the least that no rule of the listener has.
func (e *express) freePriority() (int32, error) {
	out, err := as[awselb.DescribeRulesOutput](e, elbID, "DescribeRules", &awselb.DescribeRulesInput{ListenerArn: &e.gateway.listener})
	if err != nil {
		return 0, err
	}
	taken := map[string]bool{}
	for _, r := range out.Rules {
		taken[value(r.Priority)] = true
	}
	priority := int32(1)
	for taken[strconv.Itoa(int(priority))] {
		priority++
	}
	return priority, nil
}

func (e *express) unmakeRule() error {
	if e.made.rule == "" {
		return nil
	}
	_, err := as[awselb.DeleteRuleOutput](e, elbID, "DeleteRule", &awselb.DeleteRuleInput{RuleArn: &e.made.rule})
	if err == nil {
		e.made.rule = ""
	}
	return err
}

func (e *express) scalable() *string { return new("service/" + e.s.cl.name + "/" + e.s.name) }

const scalingID = "Application Auto Scaling"

func (e *express) makeScalableTarget() error {
	_, err := as[awsaas.RegisterScalableTargetOutput](e, scalingID, "RegisterScalableTarget", &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(), ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
		MinCapacity: e.config.scaling.MinTaskCount, MaxCapacity: e.config.scaling.MaxTaskCount,
	})
	return err
}

func (e *express) unmakeScalableTarget() error {
	_, err := as[awsaas.DeregisterScalableTargetOutput](e, scalingID, "DeregisterScalableTarget", &awsaas.DeregisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(), ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err != nil && strings.HasPrefix(exception(err), "ObjectNotFoundException") {
		return nil
	}
	return err
}

// metrics are those of target tracking.
var metrics = map[ecstypes.ExpressGatewayServiceScalingMetric]aastypes.MetricType{
	ecstypes.ExpressGatewayServiceScalingMetricAverageCPUUtilization:    aastypes.MetricTypeECSServiceAverageCPUUtilization,
	ecstypes.ExpressGatewayServiceScalingMetricAverageMemoryUtilization: aastypes.MetricTypeECSServiceAverageMemoryUtilization,
	ecstypes.ExpressGatewayServiceScalingMetricRequestCountPerTarget:    aastypes.MetricTypeALBRequestCountPerTarget,
}

func (e *express) makeScalingPolicy() error {
	scaling := e.config.scaling
	metric := &aastypes.PredefinedMetricSpecification{PredefinedMetricType: metrics[scaling.AutoScalingMetric]}
	if metric.PredefinedMetricType == aastypes.MetricTypeALBRequestCountPerTarget {
		_, balancer, _ := strings.Cut(e.gateway.balancer, "loadbalancer/")
		_, group, _ := strings.Cut(e.made.targetGroup, "targetgroup/")
		metric.ResourceLabel = new(balancer + "/targetgroup/" + group)
	}
	out, err := as[awsaas.PutScalingPolicyOutput](e, scalingID, "PutScalingPolicy", &awsaas.PutScalingPolicyInput{
		PolicyName: new(e.s.name + "-express"), ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &aastypes.TargetTrackingScalingPolicyConfiguration{
			PredefinedMetricSpecification: metric, TargetValue: new(float64(*scaling.AutoScalingTargetValue)),
		},
	})
	if err != nil {
		return err
	}
	e.made.policy = *out.PolicyARN
	return nil
}

func (e *express) unmakeScalingPolicy() error {
	if e.made.policy == "" {
		return nil
	}
	_, err := as[awsaas.DeleteScalingPolicyOutput](e, scalingID, "DeleteScalingPolicy", &awsaas.DeleteScalingPolicyInput{
		PolicyName: new(e.s.name + "-express"), ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: e.scalable(),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err == nil {
		e.made.policy = ""
	}
	return err
}

// alarmName is that of the alarm which guards deployments.
func (e *express) alarmName() string {
	return "ecs-express-" + e.s.cl.name + "-" + e.s.name + "-rollback"
}

// makeAlarm has deployments rolled back when more than one percent of the answers are
// errors, of the client's too, in two of three minutes.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
func (e *express) makeAlarm() error {
	_, group, _ := strings.Cut(e.made.targetGroup, ":targetgroup/")
	query := func(id, metric string) cwtypes.MetricDataQuery {
		return cwtypes.MetricDataQuery{Id: &id, ReturnData: new(false), MetricStat: &cwtypes.MetricStat{
			Period: new(int32(60)), Stat: new("Sum"), Metric: &cwtypes.Metric{
				Namespace: new("AWS/ApplicationELB"), MetricName: &metric,
				Dimensions: []cwtypes.Dimension{{Name: new("TargetGroup"), Value: new("targetgroup/" + group)}},
			},
		}}
	}
	_, err := as[awscw.PutMetricAlarmOutput](e, "CloudWatch", "PutMetricAlarm", &awscw.PutMetricAlarmInput{
		AlarmName: new(e.alarmName()), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: new(1.0),
		EvaluationPeriods: new(int32(3)), DatapointsToAlarm: new(int32(2)), TreatMissingData: new("notBreaching"),
		Metrics: []cwtypes.MetricDataQuery{
			query("client", "HTTPCode_Target_4XX_Count"), query("server", "HTTPCode_Target_5XX_Count"), query("all", "RequestCount"),
			{Id: new("rate"), Expression: new("100 * (client + server) / all"), ReturnData: new(true), Label: new("errors in percent")},
		},
	})
	return err
}

func (e *express) unmakeAlarm() error {
	_, err := as[awscw.DeleteAlarmsOutput](e, "CloudWatch", "DeleteAlarms", &awscw.DeleteAlarmsInput{AlarmNames: []string{e.alarmName()}})
	if err != nil && strings.HasPrefix(exception(err), "ResourceNotFound") {
		return nil
	}
	return err
}

// balancers has the load balancer send requests to the container Main.
func (e *express) balancers(x expressConfig) []ecstypes.LoadBalancer {
	if e.made.targetGroup == "" {
		return nil
	}
	port := int32(expressPort)
	if x.container != nil {
		port = or(x.container.ContainerPort, port)
	}
	return []ecstypes.LoadBalancer{{TargetGroupArn: new(e.made.targetGroup), ContainerName: new(mainContainer), ContainerPort: &port}}
}
