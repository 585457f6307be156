// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// classic is a Classic Load Balancer.
type classic struct {
	view       classictypes.LoadBalancerDescription
	attributes *classictypes.LoadBalancerAttributes
	tags       map[string]string
	// node has its interfaces, as a later balancer would.
	node      *balancer
	instances []*classicInstance
	turn      int // of the instances, by requests
}

func (b *classic) name() string { return aws.ToString(b.view.LoadBalancerName) }

// classicService returns the operations of the older API.
func (f *Fake) classicService() *sim.Service {
	s := sim.NewService("Elastic Load Balancing", "elasticloadbalancing")
	sim.Handle(s, "CreateLoadBalancer", f.createClassic,
		sim.Refuses[awsclassic.CreateLoadBalancerInput]("AvailabilityZones"), sim.Needs(createsClassic))
	sim.Handle(s, "DescribeLoadBalancers", f.describeClassics)
	sim.Handle(s, "DeleteLoadBalancer", f.deleteClassic,
		onClassic("DeleteLoadBalancer", func(in *awsclassic.DeleteLoadBalancerInput) *string { return in.LoadBalancerName }))
	f.classicSettings(s)
	f.classicInstanceOperations(s)
	f.classicTagOperations(s)
	return s
}

func createsClassic(c *sim.Call, in *awsclassic.CreateLoadBalancerInput) []sim.Access {
	arn := classicARN(c, aws.ToString(in.LoadBalancerName))
	var tags []elbtypes.Tag
	for _, t := range in.Tags {
		tags = append(tags, elbtypes.Tag{Key: t.Key, Value: t.Value})
	}
	return creates("CreateLoadBalancer", arn, arn, tags)
}

func classicARN(c *sim.Call, name string) string {
	return c.ARN("elasticloadbalancing", "loadbalancer/"+name)
}

// onClassic says that a call needs its action on the balancer that it names.
func onClassic[I any](operation string, name func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "elasticloadbalancing:" + operation, Resource: classicARN(c, aws.ToString(name(in)))}}
	})
}

// checkClassic runs the rules of an operation of the older API on its input.
func checkClassic[T any](f *Fake, c *sim.Call, of rules.Of[T], in *T) error {
	return sim.Check(of, refs{f, f.in(c)}, in, classicTyped)
}

// classicExceptions are the SDK's types for the codes that rules answer with.
var classicExceptions = map[string]func(message *string) error{
	"CertificateNotFound":  func(m *string) error { return &classictypes.CertificateNotFoundException{Message: m} },
	"DuplicateListener":    func(m *string) error { return &classictypes.DuplicateListenerException{Message: m} },
	"DuplicateTagKeys":     func(m *string) error { return &classictypes.DuplicateTagKeysException{Message: m} },
	"InvalidScheme":        func(m *string) error { return &classictypes.InvalidSchemeException{Message: m} },
	"InvalidSecurityGroup": func(m *string) error { return &classictypes.InvalidSecurityGroupException{Message: m} },
	"SubnetNotFound":       func(m *string) error { return &classictypes.SubnetNotFoundException{Message: m} },
	"TooManyTags":          func(m *string) error { return &classictypes.TooManyTagsException{Message: m} },
	"UnsupportedProtocol":  func(m *string) error { return &classictypes.UnsupportedProtocolException{Message: m} },
	"InvalidConfigurationRequest": func(m *string) error {
		return &classictypes.InvalidConfigurationRequestException{Message: m}
	},
}

func classicTyped(code, message string) error {
	if f, ok := classicExceptions[code]; ok {
		return f(aws.String(message))
	}
	return nil
}

func noClassic(name string) error {
	return &classictypes.AccessPointNotFoundException{Message: aws.String(fmt.Sprintf("There is no ACTIVE Load Balancer named '%s'", name))}
}

func (r *region) classic(name string) *classic {
	for _, b := range r.classics {
		if b.name() == name {
			return b
		}
	}
	return nil
}

func (f *Fake) createClassic(c *sim.Call, in *awsclassic.CreateLoadBalancerInput) (*awsclassic.CreateLoadBalancerOutput, error) {
	if err := checkClassic(f, c, elbrules.CreateClassic, in); err != nil {
		return nil, err
	}
	state := model.Classic{Create: *in}
	model.FillClassic(&state)
	r, name := f.in(c), aws.ToString(in.LoadBalancerName)
	if old := r.classic(name); old != nil {
		if !old.same(&state.Create) {
			return nil, &classictypes.DuplicateAccessPointNameException{Message: aws.String(fmt.Sprintf(
				"Load Balancer named %s already exists and it is configured with different parameters.", name))}
		}
		return &awsclassic.CreateLoadBalancerOutput{DNSName: old.view.DNSName}, nil
	}
	if len(r.classics) >= maxClassics {
		return nil, &classictypes.TooManyAccessPointsException{Message: aws.String("Exceeded quota of account")}
	}
	b, err := f.newClassic(c, &state)
	if err != nil {
		return nil, err
	}
	r.classics = append(r.classics, b)
	return &awsclassic.CreateLoadBalancerOutput{DNSName: b.view.DNSName}, nil
}

// maxClassics is the default quota of a region.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html
const maxClassics = 20

func (f *Fake) newClassic(c *sim.Call, state *model.Classic) (*classic, error) {
	in, r := &state.Create, f.in(c)
	name, now := aws.ToString(in.LoadBalancerName), f.sim.Now()
	prefix := ""
	if aws.ToString(in.Scheme) == "internal" {
		prefix = "internal-"
	}
	number, err := strconv.ParseUint(f.sim.ID(8, "classic", c.Region, name), 16, 32)
	if err != nil {
		return nil, err // cannot be: an id is hexadecimal
	}
	dns, zone := fmt.Sprintf("%s%s-%d.%s.elb.amazonaws.com", prefix, strings.ToLower(name), number, c.Region), hostedZone(f, c.Region)
	b := &classic{
		tags: map[string]string{}, attributes: state.Attributes,
		view: classictypes.LoadBalancerDescription{
			LoadBalancerName: in.LoadBalancerName, Scheme: in.Scheme, DNSName: &dns, CanonicalHostedZoneName: &dns,
			CanonicalHostedZoneNameID: &zone, CreatedTime: &now, HealthCheck: state.Health,
			ListenerDescriptions: listenersDescribed(in.Listeners), Policies: &classictypes.Policies{},
		},
		node: &balancer{view: elbtypes.LoadBalancer{
			LoadBalancerArn: aws.String(classicARN(c, name)), Scheme: elbtypes.LoadBalancerSchemeEnum(aws.ToString(in.Scheme)),
			SecurityGroups: in.SecurityGroups,
		}},
	}
	if prefix != "" {
		b.view.CanonicalHostedZoneName = nil // internal ones have none
	}
	for _, t := range in.Tags {
		b.tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if len(in.SecurityGroups) == 0 {
		s, _ := f.network.Subnet(r.name, in.Subnets[0])
		b.node.view.SecurityGroups = []string{f.network.DefaultGroup(r.name, s.VPC)}
	}
	return b, f.attachClassic(r, b, in.Subnets)
}

func listenersDescribed(list []classictypes.Listener) []classictypes.ListenerDescription {
	var all []classictypes.ListenerDescription
	for _, l := range model.ClassicListeners(list) {
		all = append(all, classictypes.ListenerDescription{Listener: &l})
	}
	return all
}

// attachClassic gives a balancer an interface in each of the subnets.
func (f *Fake) attachClassic(r *region, b *classic, subnets []string) error {
	if err := f.attach(r, b.node, placesOf(subnets, nil)); err != nil {
		return err
	}
	b.view.Subnets, b.view.SecurityGroups = b.node.subnets(), b.node.view.SecurityGroups
	b.view.VPCId, b.view.AvailabilityZones = b.node.view.VpcId, nil
	for _, z := range b.node.view.AvailabilityZones {
		b.view.AvailabilityZones = append(b.view.AvailabilityZones, aws.ToString(z.ZoneName))
	}
	return nil
}

// same reports whether creating the balancer again would change nothing.
func (b *classic) same(in *awsclassic.CreateLoadBalancerInput) bool {
	listed := func(list []classictypes.Listener) []string {
		var all []string
		for _, l := range list {
			all = append(all, fmt.Sprint(aws.ToString(l.Protocol), l.LoadBalancerPort, aws.ToString(l.InstanceProtocol),
				aws.ToInt32(l.InstancePort), aws.ToString(l.SSLCertificateId)))
		}
		return all
	}
	return aws.ToString(b.view.Scheme) == aws.ToString(in.Scheme) && sameSet(b.view.Subnets, in.Subnets) &&
		(len(in.SecurityGroups) == 0 || sameSet(b.view.SecurityGroups, in.SecurityGroups)) &&
		sameSet(listed(b.listeners()), listed(in.Listeners))
}

func (b *classic) listeners() []classictypes.Listener {
	var all []classictypes.Listener
	for _, d := range b.view.ListenerDescriptions {
		all = append(all, *d.Listener)
	}
	return all
}

func (f *Fake) describeClassics(
	c *sim.Call, in *awsclassic.DescribeLoadBalancersInput,
) (*awsclassic.DescribeLoadBalancersOutput, error) {
	r := f.in(c)
	chosen := r.classics
	if len(in.LoadBalancerNames) > 0 {
		found, missing := choose(in.LoadBalancerNames, r.classic)
		if missing != "" {
			return nil, noClassic(missing)
		}
		chosen = found
	}
	page, next, err := pageOf(chosen, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awsclassic.DescribeLoadBalancersOutput{NextMarker: next}
	for _, b := range page {
		out.LoadBalancerDescriptions = append(out.LoadBalancerDescriptions, b.described())
	}
	return out, nil
}

func (b *classic) described() classictypes.LoadBalancerDescription {
	view := b.view
	view.Instances = nil
	for _, i := range b.instances {
		view.Instances = append(view.Instances, classictypes.Instance{InstanceId: aws.String(i.id)})
	}
	return view
}

// deleteClassic deletes a balancer. One that does not exist is fine.
func (f *Fake) deleteClassic(c *sim.Call, in *awsclassic.DeleteLoadBalancerInput) (*awsclassic.DeleteLoadBalancerOutput, error) {
	r := f.in(c)
	if b := r.classic(aws.ToString(in.LoadBalancerName)); b != nil {
		for _, i := range b.instances {
			i.round++
		}
		f.detach(r, b.node.interfaces)
		r.classics = slices.DeleteFunc(r.classics, func(o *classic) bool { return o == b })
	}
	return &awsclassic.DeleteLoadBalancerOutput{}, nil
}

// ClassicBalancer returns what ECS asks of a balancer.
func (f *Fake) ClassicBalancer(region, name string) (world.ClassicBalancer, bool) {
	b := f.of(region).classic(name)
	if b == nil {
		return world.ClassicBalancer{}, false
	}
	out := world.ClassicBalancer{Name: name, VPC: aws.ToString(b.view.VPCId)}
	for _, l := range b.listeners() {
		out.Ports = append(out.Ports, aws.ToInt32(l.InstancePort))
	}
	return out, true
}
