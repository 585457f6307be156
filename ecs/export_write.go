// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/gosource"
	modelscaling "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	placeholder "github.com/slipway-go/slipway/internal/place"
	"github.com/slipway-go/slipway/vpc"
)

// exporter writes builders, and makes their values at the same time.
type exporter struct {
	*exportFacts
	*serviceFacts // of the service that is being written
	set           exportSettings
	p             *gosource.Printer
	body          *gosource.Body
	on            serviceSort // the sort of that service
	// what was written so far
	network      expressed[vpc.Network]
	networkVars  map[string]expressed[vpc.Network]
	firstNetwork string
	clusters     map[string]expressed[ClusterRef]
	// containers are as tasks have them, bases as other containers name them.
	containers, bases map[string]expressed[Container]
	ports             map[portOf]expressed[Port]
	groups            map[slipway.ID]expressed[vpc.GroupRef]
	balancers         map[slipway.ID]expressed[elb.Application]
	networkBalancers  map[slipway.ID]expressed[elb.Network]
	classics          map[slipway.ID]expressed[elb.Classic]
	listeners         map[slipway.ID]expressed[elb.Listener]
	targets           map[slipway.ID]expressed[elb.TargetGroup]
	logGroups         map[string]expressed[LogGroupRef]
	roles             map[slipway.ID]expressed[iam.RoleRef]
	providers         map[slipway.ID]expressed[InstanceProvider]
	instances         map[slipway.ID]expressed[InstanceGroup]
	// granted and taskGranted are the resources of each action that the policies of
	// the execution and the task role allow, which a task definition brings; keys are
	// those of KMS that no secret names yet.
	granted, taskGranted map[string]map[string]bool
	keys                 []string
	// the result
	resources []slipway.Resource
	names     []string
	adopt     []slipway.ID
	left      []string
}

type portOf struct {
	container string
	port      int32
}

func newExporter(f *exportFacts, set exportSettings) *exporter {
	imports := exportImports()
	reserved := append(slices.Collect(maps.Values(imports)), "main", "in")
	return &exporter{
		exportFacts: f, serviceFacts: f.services[0], set: set, p: &gosource.Printer{Packages: imports, Special: exportSpecial},
		body:        gosource.NewBody(reserved...),
		networkVars: map[string]expressed[vpc.Network]{}, clusters: map[string]expressed[ClusterRef]{},
		groups: map[slipway.ID]expressed[vpc.GroupRef]{}, balancers: map[slipway.ID]expressed[elb.Application]{},
		listeners: map[slipway.ID]expressed[elb.Listener]{}, targets: map[slipway.ID]expressed[elb.TargetGroup]{},
		logGroups: map[string]expressed[LogGroupRef]{}, roles: map[slipway.ID]expressed[iam.RoleRef]{},
		networkBalancers: map[slipway.ID]expressed[elb.Network]{}, classics: map[slipway.ID]expressed[elb.Classic]{},
		providers: map[slipway.ID]expressed[InstanceProvider]{}, instances: map[slipway.ID]expressed[InstanceGroup]{},
	}
}

// write declares the services and all that belongs to them.
func (x *exporter) write() {
	x.withholdOwned()
	for _, s := range x.services {
		x.serviceFacts = s
		x.on = x.sort()
		x.containers, x.bases, x.ports = map[string]expressed[Container]{}, map[string]expressed[Container]{}, map[portOf]expressed[Port]{}
		x.writeService()
	}
	x.serviceFacts = x.services[0]
	x.network = x.networkVars[x.firstNetwork]
	x.extras()
}

func (x *exporter) writeService() {
	x.withhold()
	network := serviceNetwork(&x.service)
	candidates := x.networksOf(network.Subnets, network.AssignPublicIp == ecstypes.AssignPublicIpEnabled)
	if len(network.Subnets) == 0 {
		candidates = x.anyNetwork()
	}
	x.network = x.networkOfService(candidates)
	x.network = x.networkVariable(x.network)
	cluster := x.cluster()
	task := x.taskDefinition()
	service := x.declaredService(cluster, task)
	x.add(x.on.service(service.V), service)
	x.adoption(task.V.ID(), service.V.ID())
}

// networkVariable is a look-up as a variable, the same one for equal look-ups.
func (x *exporter) networkVariable(n expressed[vpc.Network]) expressed[vpc.Network] {
	if known, ok := x.networkVars[n.Source()]; ok {
		return known
	}
	if x.firstNetwork == "" {
		x.firstNetwork = n.Source()
	}
	x.networkVars[n.Source()] = gosource.Define(x.body, n, "network", x.at.service+"Network")
	return x.networkVars[n.Source()]
}

// extras declares what else the stack owns and no service here brings: rules of its
// security groups, and log groups.
func (x *exporter) extras() {
	declared := x.declared()
	for _, id := range x.sortedOwned(model.KindLogGroup) {
		if !declared[id] {
			x.logGroup(id.Name)
		}
	}
	for _, name := range sortedKeys(x.logGroups) {
		id := slipway.ID{Kind: model.KindLogGroup, Name: name}
		if group, ok := x.logGroups[name].V.(LogGroup); ok && !declared[id] {
			x.add(group, x.logGroups[name])
		}
	}
	x.extraListeners(declared)
	x.extraListenerRules(declared)
	x.extraRules(x.declared())
}

// adoption names what a stack takes over.
func (x *exporter) adoption(task, service slipway.ID) {
	if x.owner != "" {
		return
	}
	x.adopt = []slipway.ID{task, service}
	if x.scaling != nil {
		x.adopt = append(x.adopt, slipway.ID{Kind: modelscaling.KindScaling, Name: x.at.String()})
	}
}

// add has the stack declare r, which is the expression.
func (x *exporter) add(r slipway.Resource, text interface{ Source() string }) {
	x.resources = append(x.resources, r)
	x.names = append(x.names, text.Source())
}

// declared are the IDs of all that is declared, with what that uses.
func (x *exporter) declared() map[slipway.ID]bool {
	all := map[slipway.ID]bool{}
	var visit func([]slipway.Resource)
	visit = func(rs []slipway.Resource) {
		for _, r := range rs {
			if all[r.ID()] {
				continue
			}
			if d, err := r.Build(); err == nil {
				all[r.ID()] = true
				visit(d.Uses)
			}
		}
	}
	visit(x.resources)
	return all
}

// sortedOwned are the IDs of a kind that the stack owns.
func (f *exportFacts) sortedOwned(kind string) []slipway.ID {
	var all []slipway.ID
	for id := range f.owned {
		if id.Kind == kind {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, func(a, b slipway.ID) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// resolved is a state in which placeholders have the values that they have in AWS.
func resolved[T any](x *exporter, state *T) (*T, error) {
	out, err := placeholder.Resolve(state, func(r placeholder.Ref) ([]string, bool, error) {
		if r.Kind == "aws" && r.Name == "self" {
			return x.self(r.Attribute)
		}
		values, ok := x.outputs[slipway.ID{Kind: r.Kind, Name: r.Name}][r.Attribute]
		return values, ok, nil
	})
	if err != nil {
		return nil, err
	}
	typed, ok := out.(*T)
	if !ok {
		return nil, fmt.Errorf("%w: a state of type %T", slipway.ErrInvalid, out)
	}
	return typed, nil
}

func (x *exporter) self(attribute string) (values []string, known bool, err error) {
	arn := aws.ToString(x.service.Create.TaskDefinition)
	partition := "aws"
	if parts := strings.Split(arn, ":"); len(parts) > 1 {
		partition = parts[1]
	}
	value, ok := map[string]string{
		"account": x.call.Account, "region": x.call.Region, "partition": partition, "stack": x.stackName(),
	}[attribute]
	return []string{value}, ok, nil
}

// ownedState is the state of a thing that the stack owns, or nil.
func ownedState[T any](x *exporter, kind, name string) *T {
	state, _ := x.owned[slipway.ID{Kind: kind, Name: name}].State.(*T)
	return state
}

// cluster declares the cluster if the stack owns it.
func (x *exporter) cluster() expressed[ClusterRef] {
	if known, ok := x.clusters[x.at.cluster]; ok {
		return known
	}
	state := ownedState[model.Cluster](x, model.KindCluster, x.at.cluster)
	if state == nil {
		return gosource.Call(x.p, ClusterNamed(x.at.cluster), "ecs.ClusterNamed", x.at.cluster)
	}
	c := x.declaredCluster(state)
	c = gosource.Define(x.body, c, "cluster", x.at.cluster+"Cluster")
	x.clusters[x.at.cluster] = gosource.As[ClusterRef](c, c.V)
	return x.clusters[x.at.cluster]
}

func text(s *string) string { return aws.ToString(s) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// file puts the source together.
func (x *exporter) file() ([]byte, error) {
	head := gosource.Comment(x.heading()) + "\npackage " + x.set.pkg
	if x.set.pkg != "main" {
		head = gosource.Comment("Package "+x.set.pkg+" declares "+x.subject()+" of ECS.\n\n"+x.heading()) + "package " + x.set.pkg
	}
	source, err := x.p.File(head, x.stackFunction()+x.adoptFunction()+x.mainFunction())
	return source, err
}

func (x *exporter) heading() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Written by ecs.Export from %s in %s.", x.subject(), x.call.Region)
	if len(x.left) > 0 {
		b.WriteString("\n\nNot told here as AWS has it:")
		for _, l := range x.left {
			b.WriteString("\n  - " + l)
		}
	}
	return b.String()
}

// subject names the services.
func (x *exporter) subject() string {
	names := make([]string, len(x.services))
	for i, s := range x.services {
		names[i] = s.at.String()
	}
	if len(names) == 1 {
		return "the service " + names[0]
	}
	return "the services " + strings.Join(names, ", ")
}

func (x *exporter) stackFunction() string {
	return "// Stack declares " + x.subject() + " and what belongs to it.\n" +
		"func Stack() slipway.Stack {\n" + x.body.String() +
		"return slipway.NewStack(" + x.p.Literal(x.stackName()) + ",\n" + strings.Join(x.names, ",\n") + ",\n)\n}\n\n"
}

func (x *exporter) adoptFunction() string {
	if len(x.adopt) == 0 {
		return ""
	}
	var ids strings.Builder
	for _, id := range x.adopt {
		ids.WriteString(x.p.Literal(id) + ",\n")
	}
	return "// Adopt lets the stack take over what no stack owns yet. Give it to Plan and to the\n// first Apply.\n" +
		"func Adopt() slipway.ChangeOption {\nreturn slipway.Adopt(\n" + ids.String() + ")\n}\n\n"
}

func (x *exporter) mainFunction() string {
	if x.set.pkg != "main" {
		return ""
	}
	options := ""
	if len(x.adopt) > 0 {
		options = ", Adopt()"
	}
	return `func main() {
		if err := plan(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}

	// plan prints what Apply would change.
	func plan(ctx context.Context) error {
		cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(` + x.p.Literal(x.call.Region) + `))
		if err != nil {
			return err
		}
		plan, err := Stack().Plan(ctx, cfg` + options + `)
		if plan != nil {
			fmt.Print(plan)
		}
		return err
	}
	`
}
