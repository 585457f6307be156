// SPDX-License-Identifier: Apache-2.0

package slipway

// PlanOption is an option of [Stack.Plan]: [Adopt], [AllowReplace], [Concurrency],
// [Observe].
type PlanOption interface{ forPlan(s *settings) }

// ApplyOption is an option of [Stack.Apply]: [Adopt], [AllowReplace],
// [Concurrency], [Observe].
type ApplyOption interface{ forApply(s *settings) }

// DestroyOption is an option of [Stack.Destroy]: [Concurrency], [Observe].
type DestroyOption interface{ forDestroy(s *settings) }

// settings are what options set.
type settings struct {
	adopt, replace map[ID]bool
	limit          int
	observers      []Observer
}

// defaultLimit is how many resources are worked on at a time.
const defaultLimit = 32

func newSettings() *settings {
	return &settings{adopt: map[ID]bool{}, replace: map[ID]bool{}, limit: defaultLimit}
}

// Option is an option of [Stack.Plan], [Stack.Apply] and [Stack.Destroy].
type Option func(s *settings)

func (o Option) forPlan(s *settings)    { o(s) }
func (o Option) forApply(s *settings)   { o(s) }
func (o Option) forDestroy(s *settings) { o(s) }

// ChangeOption is an option of [Stack.Plan] and [Stack.Apply].
type ChangeOption func(s *settings)

func (o ChangeOption) forPlan(s *settings)  { o(s) }
func (o ChangeOption) forApply(s *settings) { o(s) }

// Adopt takes over existing things that no stack, or another one, owns: they get
// this stack's tags and the declared state. Without it they are never touched.
func Adopt(ids ...ID) ChangeOption {
	return func(s *settings) {
		for _, id := range ids {
			s.adopt[id] = true
		}
	}
}

// AllowReplace lets things be deleted and made again under their own name, for a
// change that AWS does not allow otherwise. They are missing in between. They are
// deleted before anything else is changed. What AWS does not delete while others stand
// on it, such as a cluster with services, needs these to be named, too: they are then
// deleted before it, and made again after it.
func AllowReplace(ids ...ID) ChangeOption {
	return func(s *settings) {
		for _, id := range ids {
			s.replace[id] = true
		}
	}
}

// Observe tells o of progress. Events come one at a time; o should not block.
func Observe(o Observer) Option {
	return func(s *settings) { s.observers = append(s.observers, o) }
}

// Concurrency limits how many resources are worked on at a time; 32 by default,
// at least 1.
func Concurrency(n int) Option {
	return func(s *settings) { s.limit = max(n, 1) }
}
