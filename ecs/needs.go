// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
)

// needs collects what the roles of a task must allow, and what must be declared
// with it.
type needs struct {
	executionRole, taskRole grants
	uses                    []slipway.Resource
}

// execution lets ECS do something on behalf of the task before it runs.
func (n *needs) execution(action, resource string) { n.executionRole.add(action, resource) }

// task lets the task's own processes do something.
func (n *needs) task(action, resource string) { n.taskRole.add(action, resource) }

// secret lets ECS read a secret.
func (n *needs) secret(s Secret) {
	if s == nil {
		return
	}
	n.execution(s.action(), s.arn())
	if s.key() != "" {
		n.execution("kms:Decrypt", s.key())
	}
}

// image lets ECS pull an image from private repositories of ECR.
func (n *needs) image(i Image) {
	repository := repositoryARN(i.ImageReference())
	if repository == "" {
		return
	}
	n.execution("ecr:GetAuthorizationToken", "*")
	for _, action := range []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} {
		n.execution(action, repository)
	}
}

// environmentFile lets ECS read an object of S3 and find its bucket.
func (n *needs) environmentFile(object string) {
	n.execution("s3:GetObject", object)
	bucket, _, _ := strings.Cut(object, "/")
	n.execution("s3:GetBucketLocation", bucket)
}

// exec lets the agent of ECS Exec open its channels.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions
func (n *needs) exec() {
	for _, action := range []string{"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"} {
		n.task("ssmmessages:"+action, "*")
	}
}

// grants are actions with the resources they are allowed on.
type grants struct {
	actions   []grant
	resources map[grant][]string
}

// grant is an action; point is the access point of EFS through which alone it is
// allowed, or empty.
type grant struct{ action, point string }

func (g *grants) add(action, resource string) { g.addThrough(action, resource, "") }

func (g *grants) addThrough(action, resource, point string) {
	if g.resources == nil {
		g.resources = map[grant][]string{}
	}
	key := grant{action, point}
	if _, known := g.resources[key]; !known {
		g.actions = append(g.actions, key)
	}
	if !slices.Contains(g.resources[key], resource) {
		g.resources[key] = append(g.resources[key], resource)
	}
}

func (g *grants) empty() bool { return len(g.actions) == 0 }

// conditions of the grant; nil if there are none.
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html#efs-condition-keys-for-nfs
func (g grant) conditions() iam.Conditions {
	if g.point == "" {
		return nil
	}
	return iam.Conditions{"StringEquals": {"elasticfilesystem:AccessPointArn": {g.point}}}
}

func (g grant) compare(other grant) int {
	return cmp.Or(cmp.Compare(g.action, other.action), cmp.Compare(g.point, other.point))
}

// statements puts together what is allowed on the same resources. The order is
// that of the actions' names, so that a task definition that is put together in
// another order has the same role.
func (g *grants) statements() []iam.Statement {
	var all []iam.Statement
	place := map[string]int{}
	for _, one := range slices.SortedFunc(slices.Values(g.actions), grant.compare) {
		resources := slices.Sorted(slices.Values(g.resources[one]))
		key := strings.Join(append(slices.Clone(resources), one.point), "\n")
		if i, ok := place[key]; ok {
			all[i].Actions = append(all[i].Actions, one.action)
			continue
		}
		place[key] = len(all)
		all = append(all, iam.Statement{Actions: []string{one.action}, Resources: resources, Conditions: one.conditions()})
	}
	return all
}

// tasksTrust lets the tasks of the stack's own account and region assume a role,
// and nobody who has ECS act in another's name.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func tasksTrust() iam.Principal {
	return iam.ServicePrincipal{
		Service: "ecs-tasks.amazonaws.com", SourceAccount: slipway.Self("account"),
		SourceARN: "arn:" + slipway.Self("partition") + ":ecs:" + slipway.Self("region") + ":" + slipway.Self("account") + ":*",
	}
}

// The lengths of names in IAM. A derived role's name ends in the region, of up to
// 14 characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	maxPolicyName  = 128
	maxDerivedRole = 64 - len("-ap-southeast-1")
)

// wired returns the role with what the task needs of it: a given one is added to,
// if it is declared; without one, and with something to allow, one is derived.
// What is added to a declared role has a policy of its own, so that the role can
// also be declared without it, or be that of several task definitions.
func wired(given iam.RoleRef, name string, g *grants) iam.RoleRef {
	role, declared := given.(iam.Role)
	switch {
	case given == nil && g.empty():
		return nil
	case given == nil:
		role = iam.NewDerivedRole(shortened(name, maxDerivedRole))
		for _, s := range g.statements() {
			role = role.WithStatement(s)
		}
	case !declared:
		return given
	case !g.empty():
		role = role.WithPolicy(shortened("ecs-"+name, maxPolicyName), iam.Policy{Statements: g.statements()})
	}
	return role.WithTrust(tasksTrust())
}

// shortened is the name, or, if it is too long, what fits of it with a few digits
// that depend on all of it.
func shortened(name string, longest int) string {
	if len(name) <= longest {
		return name
	}
	const digits = 8
	sum := sha256.Sum256([]byte(name))
	return name[:longest-digits-1] + "-" + hex.EncodeToString(sum[:])[:digits]
}
