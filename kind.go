// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
)

// Driver knows how AWS keeps things of one kind, whose state is a T: a small
// struct of SDK inputs. All methods must be safe for concurrent use.
//
// A driver may also implement [Checker], [Lister], [ManyReader], [Watcher],
// [Permitter], [Predictor], [Preflighter], [Rationed], [Unmanager], [Fixer], [Merger],
// [Bridger], [Protector], [Identifier], [Simulator] and [Family].
type Driver[T any] interface {
	// Defaults fills in what AWS would. It is pure, and idempotent.
	Defaults(state *T)
	// Read returns the thing as it is, or nil if it is absent. In want, strings
	// whose placeholders are not known yet still hold them.
	Read(ctx context.Context, c Call, want *T) (*Live[T], error)
	// Put creates the thing (have is nil), completes it or changes it to want.
	// It is safe to repeat after having been cut off anywhere.
	Put(ctx context.Context, c Call, have *Live[T], want *T) error
	// Delete removes the thing. It is safe to repeat; nil when it is gone.
	Delete(ctx context.Context, c Call, have *Live[T]) error
	// Tag marks an existing thing as the stack's own (see [Adopt]).
	Tag(ctx context.Context, c Call, have *Live[T]) error
	// Effects says what changing each field means.
	Effects() Effects
}

// Checker is a [Driver] that knows what AWS rejects.
type Checker[T any] interface {
	// Check returns all that AWS would reject in state. Paths start at the
	// state's SDK fields; the engine puts the ID before them.
	Check(refs Refs, state *T) []FieldError
}

// Lister is a [Driver] that finds the things a stack owns without a
// declaration, for pruning and for [Stack.Destroy].
type Lister[T any] interface {
	// List returns the things owned by c.Stack in c's region, each with its Owner.
	List(ctx context.Context, c Call) ([]*Live[T], error)
}

// ManyReader is a [Driver] whose service describes many things in one call.
type ManyReader[T any] interface {
	// ReadMany is Read for several; the answer has the order and length of want.
	// The ID of each is in calls.
	ReadMany(ctx context.Context, calls []Call, want []*T) ([]*Live[T], error)
}

// Watcher is a [Driver] whose things take a while to settle in a way that the
// Phase alone does not tell, such as a deployment.
type Watcher[T any] interface {
	// Watch returns once the change made by Put has settled, or why it did not.
	Watch(ctx context.Context, c Call, want *T) error
}

// Unmanager is a [Driver] some of whose fields are, depending on the state,
// set once and then left to others.
type Unmanager[T any] interface {
	// Unmanaged returns the paths that are not compared for this state.
	Unmanaged(want *T) []string
}

// Fixer is a [Driver] some of whose things AWS cannot change where it can change others.
type Fixer[T any] interface {
	// Fixed returns the paths that AWS cannot change of this thing: changing one has the
	// effect [NewName], whatever Effects says.
	Fixed(refs Refs, have *T) []string
}

// Identifier is a [Driver] that can tell whose account it talks to.
type Identifier interface {
	// Identify returns the account's 12 digits.
	Identify(ctx context.Context, c Call) (account string, err error)
}

// Family is a [Driver] that stands on other kinds: a stack with one of its
// resources also looks for these when it prunes.
type Family interface {
	// Kinds returns the kinds of this package and those that it stands on.
	Kinds() []Kind
	// Before returns the names of the kinds whose things must be gone before
	// things of this kind can be deleted, such as "ecs:Service" for a cluster.
	Before() []string
}

// Live is a thing as AWS has it.
type Live[T any] struct {
	// State is rebuilt from what AWS describes, without the ownership tags.
	State T
	// Outputs are what other resources may refer to by [Ref]; most have one value.
	Outputs map[string][]string
	// Owner is read from the tags; zero when nobody's.
	Owner Owner
	// Phase says whether the thing has settled.
	Phase Phase
	// Reason says why Phase is Broken, in AWS's words.
	Reason string
}

// Owner says which stack made a thing, as the tags slipway:stack and
// slipway:resource keep it.
type Owner struct {
	// Stack is "<stack>@<region>".
	Stack string
	// Resource is the [ID] as a string.
	Resource string
}

// The tags that mark what a stack owns.
const (
	TagStack    = "slipway:stack"
	TagResource = "slipway:resource"
)

// Phase is how far a thing has settled.
type Phase int

// The phases. The zero value is Ready.
const (
	Ready Phase = iota
	Changing
	Deleting
	Broken
)

// Effect is what changing a field does.
type Effect int

// The effects, from the mildest to the most drastic.
const (
	// InPlace: AWS changes the thing and nothing else happens.
	InPlace Effect = iota
	// NoRollout: as InPlace, of a thing that has tasks: they go on running as they are.
	NoRollout
	// RollsTasks: AWS changes the thing and replaces its tasks.
	RollsTasks
	// Revise: AWS keeps the old revision and makes a new one.
	Revise
	// Replace: the thing's name is derived, so a new one is made first, what
	// refers to it is switched, and the old one is pruned.
	Replace
	// NewName: AWS cannot change it, and the user chose the name. The plan is
	// an error unless the ID is allowed to be deleted and made again.
	NewName
	// CreateOnly: used when the thing is made, then left to others.
	CreateOnly
)

// Effects describes the fields of a state. Paths are SDK field names joined by
// dots, without list indexes: "Create.NetworkConfiguration.AwsvpcConfiguration.Subnets".
type Effects struct {
	// Default is the effect of fields that Fields does not list.
	Default Effect
	// Fields has the effect of a field and all below it; the longest path wins.
	Fields map[string]Effect
	// Keys has, for a list whose elements have names, the field with the name.
	Keys map[string]string
	// Sets are lists whose order means nothing.
	Sets []string
	// Documents are strings that hold JSON and are compared as such.
	Documents []string
	// Ignore are fields that are never compared.
	Ignore []string
	// Existing: the thing is only looked up; the engine never makes, changes,
	// tags or deletes it, and its absence is an error.
	Existing bool
}

// Permission is one statement of the least policy a caller needs.
type Permission struct {
	Actions   []string
	Resources []string
	// Conditions, as in a policy: operator, key, values.
	Conditions map[string]map[string][]string
}

// Permitter is a [Driver] that knows which permissions its calls need.
type Permitter[T any] interface {
	// Permissions returns what Read needs, and beyond that what creating (have
	// is nil), changing, or deleting (want is nil) needs; what List needs if both
	// are nil. Strings may hold [Self] placeholders.
	Permissions(have *Live[T], want *T) []Permission
}

// Predictor is a [Driver] that knows some outputs of a thing before it is made,
// such as an ARN that follows from its name. They make plans and [Plan.Policy]
// precise; what is made waits for the real ones.
type Predictor[T any] interface {
	// Predict returns outputs. Strings in want may hold placeholders, and what is
	// returned may hold them and those of [Self]. A "*" stands for what is not
	// known; such an output is for policies only.
	Predict(want *T) map[string][]string
}

// Refs looks up the state of other resources, for rules that span several.
type Refs interface {
	// Get returns the state (a pointer to the kind's state) of what ref names by
	// name, ARN, ID or placeholder. known is false where the asker cannot tell,
	// so the rule stays silent; found is false where it does not exist.
	Get(kind, ref string) (state any, found, known bool)
}
