// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// logging is where the container's output goes; ok is false for the default. What
// the builders do not offer is overridden later.
func (x *exporter) logging(d *ecstypes.ContainerDefinition) (logs expressed[Logging], ok bool) {
	l := d.LogConfiguration
	if l == nil {
		return gosource.Of[Logging](x.p, NoLogging{}, "ecs.NoLogging{}"), true
	}
	switch l.LogDriver { //nolint:exhaustive // the rest is overridden
	case ecstypes.LogDriverAwslogs:
		return x.awsLogs(l.Options)
	case ecstypes.LogDriverAwsfirelens:
		value := FireLens{Options: l.Options}
		var fields []gosource.Field
		if len(l.Options) > 0 {
			fields = append(fields, gosource.Field{Name: "Options", Value: l.Options})
		}
		secrets, source := x.logSecrets(l.SecretOptions)
		if value.Secrets = secrets; len(secrets) > 0 {
			fields = append(fields, gosource.Field{Name: "Secrets", Value: source})
		}
		return gosource.Of[Logging](x.p, value, x.p.Struct("ecs.FireLens", fields...)), true
	case ecstypes.LogDriverSplunk:
		return x.splunk(l), true
	default:
		return gosource.Of[Logging](x.p, NoLogging{}, "ecs.NoLogging{}"), true
	}
}

func (x *exporter) logSecrets(options []ecstypes.Secret) (map[string]Secret, expressed[map[string]Secret]) {
	all := map[string]Secret{}
	var fields []gosource.Field
	for _, o := range options {
		s := x.secret(text(o.ValueFrom))
		all[text(o.Name)] = s.V
		fields = append(fields, gosource.Field{Name: strconv.Quote(text(o.Name)), Value: s})
	}
	return all, gosource.Of(x.p, all, x.p.Struct("map[string]ecs.Secret", fields...))
}

func (x *exporter) splunk(l *ecstypes.LogConfiguration) expressed[Logging] {
	value := Splunk{URL: l.Options["splunk-url"], Options: map[string]string{}}
	fields := []gosource.Field{{Name: "URL", Value: value.URL}}
	for _, o := range l.SecretOptions {
		if text(o.Name) == "splunk-token" {
			token := x.secret(text(o.ValueFrom))
			value.Token = token.V
			fields = append(fields, gosource.Field{Name: "Token", Value: token})
		}
	}
	for k, v := range l.Options {
		if k != "splunk-url" {
			value.Options[k] = v
		}
	}
	if len(value.Options) > 0 {
		fields = append(fields, gosource.Field{Name: "Options", Value: value.Options})
	}
	return gosource.Of[Logging](x.p, value, x.p.Struct("ecs.Splunk", fields...))
}

// awsLogs is nothing where the task definition's own group is written to in the
// usual way.
func (x *exporter) awsLogs(options map[string]string) (expressed[Logging], bool) {
	var value AWSLogs
	var fields []gosource.Field
	set := func(name string, v any) { fields = append(fields, gosource.Field{Name: name, Value: v}) }
	name := options["awslogs-group"]
	if own := logGroupPrefix + text(x.task.Register.Family); name != own || !x.plainGroup(own) {
		group := x.logGroup(name)
		value.Group = group.V
		set("Group", group)
	}
	if prefix := options["awslogs-stream-prefix"]; prefix != "" && prefix != defaultStreamPrefix {
		value.StreamPrefix = prefix
		set("StreamPrefix", prefix)
	}
	if value.MultilinePattern = options["awslogs-multiline-pattern"]; value.MultilinePattern != "" {
		set("MultilinePattern", value.MultilinePattern)
	}
	if value.DatetimeFormat = options["awslogs-datetime-format"]; value.DatetimeFormat != "" {
		set("DatetimeFormat", value.DatetimeFormat)
	}
	if value.Blocking = options["mode"] == "blocking"; value.Blocking {
		set("Blocking", true)
	}
	if size, ok := strings.CutSuffix(options["max-buffer-size"], "m"); ok {
		n, _ := strconv.Atoi(size)
		value.Buffer = Memory(n)
		set("Buffer", value.Buffer)
	}
	return gosource.Of[Logging](x.p, value, x.p.Struct("ecs.AWSLogs", fields...)), len(fields) > 0
}

// plainGroup reports whether the stack owns the group and nothing about it is
// special but its retention.
func (x *exporter) plainGroup(name string) bool {
	g := ownedState[model.LogGroup](x, model.KindLogGroup, name)
	return g != nil && len(g.Create.Tags) == 0 && aws.ToString(g.Create.KmsKeyId) == "" && !infrequent(g)
}

func infrequent(g *model.LogGroup) bool {
	return LogClass(g.Create.LogGroupClass) != "" && LogClass(g.Create.LogGroupClass) != StandardLogs
}

// logGroup is a group by its name, declared if the stack owns it.
func (x *exporter) logGroup(name string) expressed[LogGroupRef] {
	if known, ok := x.logGroups[name]; ok {
		return known
	}
	state := ownedState[model.LogGroup](x, model.KindLogGroup, name)
	if state == nil {
		return gosource.Call(x.p, LogGroupNamed(name), "ecs.LogGroupNamed", name)
	}
	g := gosource.Call(x.p, NewLogGroup(name), "ecs.NewLogGroup", name)
	if days := int(state.RetentionInDays); days != 0 {
		g = g.Then(g.V.WithRetention(days), "WithRetention", days)
	}
	if key := text(state.Create.KmsKeyId); key != "" {
		g = g.Then(g.V.WithKMS(key), "WithKMS", key)
	}
	if class := LogClass(state.Create.LogGroupClass); infrequent(state) {
		g = g.Then(g.V.WithClass(class), "WithClass", class)
	}
	for _, k := range sortedKeys(state.Create.Tags) {
		g = g.Then(g.V.WithTag(k, state.Create.Tags[k]), "WithTag", k, state.Create.Tags[k])
	}
	g = gosource.Define(x.body, g, lastPart(name), lastPart(name)+"Logs", "logs")
	x.logGroups[name] = gosource.As[LogGroupRef](g, g.V)
	return x.logGroups[name]
}

// secret is a reference to a secret or parameter.
func (x *exporter) secret(from string) expressed[Secret] {
	if strings.Contains(from, ":secretsmanager:") {
		s := x.secretsManager(from)
		return gosource.As[Secret](s, s.V)
	}
	id := from
	own := strings.Join([]string{"ssm", x.call.Region, x.call.Account, "parameter"}, ":") + "/"
	if _, name, ok := strings.Cut(from, ":"+own); ok {
		if id = name; strings.Contains(name, "/") {
			id = "/" + name
		}
	}
	p := gosource.Call(x.p, SSMParameter(id), "ecs.SSMParameter", id)
	if key := x.nextKey(); key != "" {
		p = p.On(p.V.EncryptedBy(key), "EncryptedBy", key)
	}
	return gosource.As[Secret](p, p.V)
}

// secretsManager takes apart arn:aws:secretsmanager:<region>:<account>:secret:<name>,
// which :<key>:<stage>:<version> may follow.
func (x *exporter) secretsManager(from string) expressed[SecretsManagerSecret] {
	const head, parts = 6, 4
	words := strings.SplitN(from, ":", head+1)
	if len(words) <= head {
		return gosource.Call(x.p, SecretsManager(from), "ecs.SecretsManager", from)
	}
	rest := append(strings.SplitN(words[head], ":", parts), "", "", "")
	base := strings.Join(words[:head], ":") + ":" + rest[0]
	id := base
	if x.granted["secretsmanager:GetSecretValue"][base+"-??????"] {
		id = rest[0]
	}
	s := gosource.Call(x.p, SecretsManager(id), "ecs.SecretsManager", id)
	if rest[1] != "" {
		s = s.On(s.V.Key(rest[1]), "Key", rest[1])
	}
	if rest[2] != "" {
		s = s.On(s.V.Stage(rest[2]), "Stage", rest[2])
	}
	if rest[3] != "" {
		s = s.On(s.V.Version(rest[3]), "Version", rest[3])
	}
	if key := x.nextKey(); key != "" {
		s = s.On(s.V.EncryptedBy(key), "EncryptedBy", key)
	}
	return s
}

// nextKey hands out the KMS keys that the execution role may use. Which secret each
// is for is not known to ECS; the role is the same either way.
func (x *exporter) nextKey() string {
	if len(x.keys) == 0 {
		return ""
	}
	key := x.keys[0]
	x.keys = x.keys[1:]
	return key
}
