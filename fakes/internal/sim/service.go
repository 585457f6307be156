// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/internal/rules"
)

// Principal is who makes a call.
type Principal struct {
	// ARN of the user, role session or root.
	ARN string
	// UserID as GetCallerIdentity gives it.
	UserID string
	// Account has 12 digits.
	Account string
	// Role is the ARN of the role behind a session; empty for the owner of the
	// world, who may do everything.
	Role string
	// Service is set when AWS itself acts, such as "ecs-tasks.amazonaws.com".
	Service string
}

// Call is one call of an operation, made under the lock.
type Call struct {
	*Sim
	Service, Operation string
	Region             string
	Account            string
	Partition          string // "aws", "aws-cn", "aws-us-gov"
	Caller             Principal
	RequestID          string
}

// ARN returns arn:<partition>:<service>:<region>:<account>:<resource>.
func (c *Call) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", c.Partition, service, c.Region, c.Account, resource)
}

// Access is what a call needs to be allowed.
type Access struct {
	// Action such as "ecs:CreateService"; Resource an ARN or "*".
	Action, Resource string
	// Context has condition keys and their values, such as "aws:RequestTag/x".
	Context map[string][]string
	// Policy is the resource's own policy (JSON), where it has one, as ECR
	// repositories do. What it allows the caller needs no other permission.
	Policy string
}

// With returns a with a condition key set.
func (a Access) With(key string, values ...string) Access {
	keys := maps.Clone(a.Context)
	if keys == nil {
		keys = map[string][]string{}
	}
	keys[key] = values
	a.Context = keys
	return a
}

// Operation is one modelled operation of a service.
type Operation struct {
	Name string
	// NewInput returns an empty input, for other protocols and for tests.
	NewInput func() any
	// Access returns what the caller must be allowed; nil means the action of the
	// operation's name on "*".
	Access func(c *Call, in any) []Access
	// Unmodelled are input fields, as dotted paths through lists, that this fake
	// refuses when they are set.
	Unmodelled []string
	// Call answers.
	Call func(c *Call, in any) (any, error)
}

// Service is a set of operations of one SDK client.
type Service struct {
	// ID is the SDK's service ID, such as "ECS" or "Elastic Load Balancing v2".
	ID string
	// Prefix is that of IAM actions, such as "ecs".
	Prefix string
	// Denied is the service's own code for calls that policies do not allow;
	// empty where that is IAM's.
	Denied string
	// Things returns all that the service holds, for snapshots. It is called under
	// the lock.
	Things func() []Thing
	ops    map[string]*Operation
}

// Thing is one thing that a service holds.
type Thing struct {
	// Region is "" for global services. Type such as "target-group"; ID is the
	// name or id by which the service's users know it.
	Region, Type, ID string
	// State is what a describe operation would say of it.
	State any
}

// NewService returns a service without operations.
func NewService(id, prefix string) *Service {
	return &Service{ID: id, Prefix: prefix, ops: map[string]*Operation{}}
}

// Operation returns the operation of that name, or nil.
func (s *Service) Operation(name string) *Operation { return s.ops[name] }

// Operations returns the names of what is modelled, sorted.
func (s *Service) Operations() []string { return slices.Sorted(maps.Keys(s.ops)) }

// Option changes an operation as it is registered.
type Option[I any] func(*Operation)

// Needs says what a caller of the operation must be allowed.
func Needs[I any](f func(c *Call, in *I) []Access) Option[I] {
	return func(o *Operation) {
		o.Access = func(c *Call, in any) []Access {
			typed, _ := in.(*I)
			return f(c, typed)
		}
	}
}

// Refuses names input fields that the fake does not model.
func Refuses[I any](fields ...string) Option[I] {
	return func(o *Operation) { o.Unmodelled = append(o.Unmodelled, fields...) }
}

// Handle registers an operation. h is called under the lock with a copy of the
// input that it may keep; what it returns is copied before the caller sees it, so
// it may point into stored state as long as stored values are replaced and never
// edited.
func Handle[I, O any](s *Service, name string, h func(c *Call, in *I) (*O, error), opts ...Option[I]) {
	o := &Operation{
		Name:     name,
		NewInput: func() any { return new(I) },
		Call: func(c *Call, in any) (any, error) {
			typed, ok := in.(*I)
			if !ok {
				return nil, fmt.Errorf("slipway fake: %s.%s was given a %T", s.ID, name, in)
			}
			out, err := h(c, typed)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
	for _, opt := range opts {
		opt(o)
	}
	s.ops[name] = o
}

// Errorf returns an exception of a code for which the SDK has no type.
func Errorf(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// Check runs the rules on in as AWS would and returns the exception of the first
// violation. typed makes the SDK's exception of a code; where it has none or is
// nil, the exception is generic.
func Check[T any](of rules.Of[T], refs rules.Refs, in *T, typed func(code, message string) error) error {
	v, bad := of.First(refs, in)
	if !bad {
		return nil
	}
	text := v.Text
	if text == "" {
		text = v.Error()
	}
	if typed != nil {
		if err := typed(v.Code, text); err != nil {
			return err
		}
	}
	return Errorf(v.Code, "%s", text)
}

// Regional keeps one T for each account and region, made when first asked for.
type Regional[T any] struct {
	New func(account, region string) *T
	m   map[[2]string]*T
}

// In returns the T of the call's account and region.
func (r *Regional[T]) In(c *Call) *T { return r.Of(c.Account, c.Region) }

// Of returns the T of an account and region; region is "" for global services.
func (r *Regional[T]) Of(account, region string) *T {
	key := [2]string{account, region}
	if t, ok := r.m[key]; ok {
		return t
	}
	if r.m == nil {
		r.m = map[[2]string]*T{}
	}
	t := r.New(account, region)
	r.m[key] = t
	return t
}

// All returns every T made so far, by account and region.
func (r *Regional[T]) All() []*T {
	var all []*T
	for _, k := range slices.SortedFunc(maps.Keys(r.m), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		all = append(all, r.m[k])
	}
	return all
}

// Page cuts one page out of all. token is the one of the previous page ("" for
// the first), size the number of elements. The next token is nil at the end.
// A token that was not given out is an error.
func Page[E any](all []E, token *string, size int) (page []E, next *string, err error) {
	start := 0
	if token != nil && *token != "" {
		if _, err := fmt.Sscanf(*token, "page-%d", &start); err != nil || start < 0 || start > len(all) {
			return nil, nil, fmt.Errorf("token %q is not valid", *token)
		}
	}
	end := min(start+size, len(all))
	if end < len(all) {
		t := fmt.Sprintf("page-%d", end)
		next = &t
	}
	return all[start:end], next, nil
}

// Partition returns the partition of a region.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}
