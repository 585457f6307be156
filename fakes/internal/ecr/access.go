// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// onRepository asks for the operation's action on the repository that name reads
// from the input.
func onRepository[I any](f *Fake, name func(*I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{f.registries.In(c).need(c.Operation, deref(name(in)))}
	})
}

// need is what an action on a repository needs. Its policy may grant it, too.
func (r *registry) need(action, name string) sim.Access {
	a := sim.Access{Action: "ecr:" + action, Resource: r.arn(name), Context: r.context(name)}
	if repo, ok := r.repos[name]; ok {
		a.Policy = repo.policy
	}
	return a
}

// onResource asks for the operation's action on the ARN that arn reads.
func onResource[I any](arn func(*I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "ecr:" + c.Operation, Resource: deref(arn(in))}}
	})
}

func createNeeds(c *sim.Call, in *awsecr.CreateRepositoryInput) []sim.Access {
	arn := c.ARN("ecr", "repository/"+deref(in.RepositoryName))
	needs := []sim.Access{{Action: "ecr:CreateRepository", Resource: arn, Context: requestTags(tagMap(in.Tags))}}
	if len(in.Tags) > 0 {
		needs = append(needs, sim.Access{Action: "ecr:TagResource", Resource: arn, Context: requestTags(tagMap(in.Tags))})
	}
	return needs
}

func requestTags(tags map[string]string) map[string][]string {
	context := map[string][]string{}
	for k, v := range tags {
		context["aws:RequestTag/"+k] = []string{v}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], k)
	}
	return context
}

func describeNeeds(c *sim.Call, in *awsecr.DescribeRepositoriesInput) []sim.Access {
	names := in.RepositoryNames
	if len(names) == 0 {
		names = []string{"*"}
	}
	var needs []sim.Access
	for _, name := range names {
		needs = append(needs, sim.Access{Action: "ecr:DescribeRepositories", Resource: c.ARN("ecr", "repository/"+name)})
	}
	return needs
}

// allowed asks whether the principal may do something to a repository.
func (f *Fake) allowed(r *registry, p sim.Principal, action, repository string) error {
	return f.access.Authorize(p, r.need(action, repository))
}

// context has the condition keys that a repository gives.
func (r *registry) context(name string) map[string][]string {
	keys := map[string][]string{}
	if repo, ok := r.repos[name]; ok {
		for k, v := range repo.tags {
			keys["aws:ResourceTag/"+k] = []string{v}
			keys["ecr:ResourceTag/"+k] = []string{v}
		}
	}
	return keys
}

// owner is who calls when nobody else does: the account itself.
func (r *registry) owner() sim.Principal {
	return sim.Principal{ARN: "arn:" + sim.Partition(r.region) + ":iam::" + r.account + ":root", UserID: r.account, Account: r.account}
}
