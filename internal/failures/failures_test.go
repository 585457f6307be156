// SPDX-License-Identifier: Apache-2.0

// Package failures_test holds real, publicly reported failures on AWS and shows
// for each where Slipway catches it.
package failures_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Case is one reported failure; testdata/failures.yaml explains the fields.
type Case struct {
	ID      string `yaml:"id"`
	Area    string `yaml:"area"`
	Config  string `yaml:"config"`
	Action  string `yaml:"action"`
	Code    string `yaml:"error_code"`
	Message string `yaml:"message"`
	Caught  string `yaml:"caught"`
	Source  string `yaml:"source"`
}

// tests are the ways to show that a case is caught, by the case's id. A case may
// be caught by a rule, by the reply of a fake, or by both.
func tests() []map[string]func(t *testing.T, c Case) {
	return []map[string]func(t *testing.T, c Case){
		autoscalingCases, ecrCases, ecsRuleCases, ecsFakeCases, ecsNodeCases, efsCases, elbCases, iamCases,
	}
}

// TestFailures runs the tests of every case and demands that each case has one or
// stands in testdata/later.txt with the reason why it has none yet.
func TestFailures(t *testing.T) {
	cases, later := readCases(t), readLater(t)
	for _, c := range cases {
		ran := 0
		for _, of := range tests() {
			test, ok := of[c.ID]
			if !ok {
				continue
			}
			ran++
			t.Run(c.ID, func(t *testing.T) { test(t, c) })
		}
		reason, postponed := later[c.ID]
		require.NotEqual(t, ran > 0, postponed, "%s has %d tests; in later.txt: %t", c.ID, ran, postponed)
		require.False(t, postponed && reason == "", "%s: later.txt gives no reason", c.ID)
		delete(later, c.ID)
	}
	require.Empty(t, slices.Sorted(maps.Keys(later)), "later.txt names cases that do not exist")
}

// TestKnownCases demands that no test is of a case that does not exist.
func TestKnownCases(t *testing.T) {
	known := map[string]bool{}
	for _, c := range readCases(t) {
		known[c.ID] = true
	}
	for _, of := range tests() {
		for id := range of {
			require.True(t, known[id], "no case %s", id)
		}
	}
}

func readCases(t *testing.T) []Case {
	t.Helper()
	data, err := os.ReadFile("testdata/failures.yaml")
	require.NoError(t, err)
	var cases []Case
	require.NoError(t, yaml.Unmarshal(data, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func readLater(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/later.txt")
	require.NoError(t, err)
	later := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, _ := strings.Cut(line, ":")
		later[id] = strings.TrimSpace(reason)
	}
	return later
}
