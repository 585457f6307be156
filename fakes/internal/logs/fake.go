// SPDX-License-Identifier: Apache-2.0

// Package logs is the simulated CloudWatch Logs.
package logs

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/logs"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	access  world.Access
	regions sim.Regional[region]
}

var _ world.Logs = (*Fake)(nil)

// region has the groups of a region, by name.
type region struct {
	name   string
	groups map[string]*group
}

// group is a log group. seq counts the events it was ever given.
type group struct {
	described logstypes.LogGroup
	tags      map[string]string
	streams   map[string]*stream
	seq       int64
}

// stream is a log stream, with its events by time and then order of arrival.
type stream struct {
	name    string
	arn     string
	created time.Time
	events  []event
}

// New returns the service without log groups.
func New(s *sim.Sim, access world.Access) *Fake {
	f := &Fake{sim: s, access: access}
	f.regions.New = func(_, name string) *region { return &region{name: name, groups: map[string]*group{}} }
	return f
}

// Services returns the operations of CloudWatch Logs.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("CloudWatch Logs", "logs")
	s.Things = f.things
	f.groupOperations(s)
	f.streamOperations(s)
	f.eventOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

// Stream makes a log stream for p; one that exists already is an error, as with AWS.
func (f *Fake) Stream(region, group, stream string, p sim.Principal) error {
	c := f.call(region, p)
	if err := f.access.Authorize(p, sim.Access{Action: "logs:CreateLogStream", Resource: resource(c, group, stream)}); err != nil {
		return err
	}
	_, err := f.createStream(c, &awslogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	return err
}

// Group makes a log group for p, unless it exists.
func (f *Fake) Group(region, name string, p sim.Principal) error {
	c := f.call(region, p)
	if err := f.access.Authorize(p, sim.Access{Action: "logs:CreateLogGroup", Resource: resource(c, name, "")}); err != nil {
		return err
	}
	if f.regions.In(c).groups[name] != nil {
		return nil
	}
	_, err := f.createGroup(c, &awslogs.CreateLogGroupInput{LogGroupName: &name})
	return err
}

// Write appends a line; without the stream it is lost.
func (f *Fake) Write(region, group, stream string, t time.Time, line string) {
	g := f.regions.In(f.call(region, sim.Principal{})).groups[group]
	if g == nil || g.streams[stream] == nil {
		return
	}
	g.append(stream, event{time: t.UnixMilli(), ingested: f.sim.Now().UnixMilli(), message: line})
}

// call is a call that another simulated service makes.
func (f *Fake) call(region string, p sim.Principal) *sim.Call {
	return &sim.Call{
		Sim: f.sim, Service: "CloudWatch Logs", Region: region, Account: f.sim.Account(),
		Partition: sim.Partition(region), Caller: p,
	}
}

// resource is the ARN that permissions of a group (stream is "") or a stream name.
func resource(c *sim.Call, group, stream string) string {
	return c.ARN("logs", "log-group:"+group+":log-stream:"+stream)
}

// onGroup says that the caller needs the operation's action on a log group, which
// the input names by name, ARN or either.
func onGroup[I any](action string, id func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "logs:" + action, Resource: resource(c, groupName(id(in)), "")}}
	})
}

// onStream is onGroup for a stream.
func onStream[I any](action string, ids func(in *I) (group, stream *string)) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		group, stream := ids(in)
		return []sim.Access{{Action: "logs:" + action, Resource: resource(c, groupName(group), aws.ToString(stream))}}
	})
}

// groupName takes the name out of a log group's name or ARN.
func groupName(id *string) string {
	name := aws.ToString(id)
	if _, rest, ok := strings.Cut(name, ":log-group:"); ok {
		name, _, _ = strings.Cut(rest, ":")
	}
	return name
}

// group finds a group by name or ARN.
func (f *Fake) group(c *sim.Call, id *string) (*group, error) {
	if g := f.regions.In(c).groups[groupName(id)]; g != nil {
		return g, nil
	}
	return nil, &logstypes.ResourceNotFoundException{Message: aws.String("The specified log group does not exist.")}
}

// groupOf finds the group by one of the two ways of naming it.
func (f *Fake) groupOf(c *sim.Call, name, identifier *string) (*group, error) {
	if (name == nil) == (identifier == nil) {
		return nil, invalidf("Exactly one of the parameters logGroupName and logGroupIdentifier must be specified.")
	}
	if name == nil {
		name = identifier
	}
	return f.group(c, name)
}

func (g *group) stream(name *string) (*stream, error) {
	if s := g.streams[aws.ToString(name)]; s != nil {
		return s, nil
	}
	return nil, &logstypes.ResourceNotFoundException{Message: aws.String("The specified log stream does not exist.")}
}

// typed makes the SDK's exception of a rule's code.
func typed(code, message string) error {
	if code == "InvalidParameterException" {
		return &logstypes.InvalidParameterException{Message: &message}
	}
	return nil
}

func invalidf(text string) error { return &logstypes.InvalidParameterException{Message: &text} }

func (f *Fake) createGroup(c *sim.Call, in *awslogs.CreateLogGroupInput) (*awslogs.CreateLogGroupOutput, error) {
	if err := sim.Check(rules.CreateLogGroup, nil, in, typed); err != nil {
		return nil, err
	}
	groups := f.regions.In(c).groups
	name := aws.ToString(in.LogGroupName)
	if groups[name] != nil {
		return nil, &logstypes.ResourceAlreadyExistsException{Message: aws.String("The specified log group already exists")}
	}
	class := in.LogGroupClass
	if class == "" {
		class = logstypes.LogGroupClassStandard
	}
	arn := c.ARN("logs", "log-group:"+name)
	groups[name] = &group{
		described: logstypes.LogGroup{
			Arn: aws.String(arn + ":*"), LogGroupArn: &arn, LogGroupName: &name, LogGroupClass: class,
			CreationTime: aws.Int64(c.Now().UnixMilli()), KmsKeyId: in.KmsKeyId, MetricFilterCount: aws.Int32(0),
			DeletionProtectionEnabled: aws.Bool(aws.ToBool(in.DeletionProtectionEnabled)),
		},
		tags: in.Tags, streams: map[string]*stream{},
	}
	return &awslogs.CreateLogGroupOutput{}, nil
}

func (f *Fake) createStream(c *sim.Call, in *awslogs.CreateLogStreamInput) (*awslogs.CreateLogStreamOutput, error) {
	if err := sim.Check(rules.CreateLogStream, nil, in, typed); err != nil {
		return nil, err
	}
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LogStreamName)
	if g.streams[name] != nil {
		return nil, &logstypes.ResourceAlreadyExistsException{Message: aws.String("The specified log stream already exists")}
	}
	g.streams[name] = &stream{
		name: name, created: c.Now(), arn: aws.ToString(g.described.LogGroupArn) + ":log-stream:" + name,
	}
	return &awslogs.CreateLogStreamOutput{}, nil
}
