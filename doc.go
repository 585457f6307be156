// SPDX-License-Identifier: Apache-2.0

// Package slipway declares container infrastructure on AWS as Go values and
// plans, applies and destroys it straight through the AWS APIs, without a state
// file.
//
// The packages beside this one hold the builders: ecs, elb, ecr, iam, vpc, storage,
// cloudmap and autoscaling. A builder is a [Resource]; a [Stack] is a set of them, with all that
// they use:
//
//	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
//	stack := slipway.NewStack("shop", web)
//
//	err := stack.Validate()              // all that AWS would reject; sends nothing
//	plan, err := stack.Plan(ctx, cfg)    // fmt.Print(plan): + create, ~ update, -/+ replace, - delete
//	result, err := stack.Apply(ctx, cfg, slipway.Observe(observe.Terminal(os.Stderr)))
//	fmt.Println(slipway.Output(result, web).URL)
//	err = stack.Destroy(ctx, cfg)
//
// The package fakes holds a simulated AWS, whose Config goes where cfg stands, so
// that the same program is tested in milliseconds and without an account.
//
// # What a stack owns
//
// What a stack makes has the tags slipway:stack and slipway:resource; these are all
// it remembers. A thing that is tagged and no longer declared is pruned by the next
// [Stack.Apply]. A thing of a declared name without the tags is somebody else's: it
// is never touched, and the plan is an error that matches [ErrConflict], unless
// [Adopt] allows to take it over. A stack belongs to one region.
//
// A stack looks for what it owns among the kinds of its resources, those that these
// stand on, and those of [Stack.WithKinds]. It does not see what it owns of other
// kinds, for instance a repository after the last one was taken out of the
// declarations: name the kind with WithKinds until it is pruned.
//
// # What a plan compares
//
// The declared state and what AWS describes are both completed with AWS's defaults
// before they are compared, so a setting that is taken away goes back to the
// default. A field that is still nil then is not managed, and left as it is. What
// changing a field means is its [Effect]: most change in place; some roll tasks,
// some make a new revision. A change that AWS does not allow makes a new thing
// beside the old one where the name is derived, and the old one stays in use until all that
// depends on it has followed ([Bridger]); where the user chose the name, it is
// an error, unless [AllowReplace] allows to delete the thing first.
//
// A plan never shows the value of a field, tag, environment variable or document
// entry whose name sounds secret (password, token, secret, credential, key), nor
// the password within a URL. Secrets belong into Secrets Manager or Parameter
// Store; references to those are shown.
//
// # Placeholders
//
// Outputs of one resource stand in the strings of another as placeholders, made by
// [Ref] and [Self], and make the order in which things are made. They may stand in
// policy documents and in user data, too. An output that is not known yet is "known
// after apply".
//
// # When something fails
//
// A failure stops what depends on it and nothing else; all are joined into one
// error, each a [*ResourceError], in the order of the plan. The sentinels
// ([ErrDenied], [ErrThrottled] and so on) match through it, and so does the SDK's
// own error. Nothing is pruned after a failure. A run that was cut off anywhere is
// finished by running it again.
//
// What AWS would refuse to delete, such as a balancer with deletion protection, is an
// error that matches [ErrConflict] before anything is deleted.
//
// # How long it waits
//
// A resource has no time limit of its own: the context bounds all waiting. Some
// propagation, such as that of a new role, is given up after two minutes, with AWS's
// last answer. When the context's deadline passes, the error matches [ErrTimeout] for
// each resource that was being worked on, and says what was last seen of it; a
// deployment that was under way goes on in AWS, and the next run waits for it. Why that
// takes so long is looked up for up to 10 seconds more, and is part of the error.
//
// # Kinds of one's own
//
// A [Driver] knows how AWS keeps things of one kind, whose state is a struct of SDK
// inputs; [NewKind] makes a [Kind] of it, and any type with ID and Build a
// [Resource]. Both may live outside of this module.
package slipway
