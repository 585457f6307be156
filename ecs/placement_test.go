// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
)

func TestMemberOf(t *testing.T) {
	t.Parallel()
	i := ecs.InstanceAttributes{
		AvailabilityZone: "us-east-1a", InstanceType: "g5.xlarge", OSType: "linux", CPUArchitecture: "x86_64", AMI: "ami-1234abcd",
		Custom: map[string]string{"stack": "prod", "ssd": ""}, InstanceID: "i-abcd1234", AgentVersion: "1.80.0",
		Registered: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), RunningTasks: 3, TaskGroups: []string{"service:web", "service:web", "family:job"},
	}
	for _, test := range []struct {
		expression string
		// full is what the instance above answers, zero what the zero value does.
		full, zero bool
	}{
		{"attribute:ecs.availability-zone == us-east-1a", true, false},
		{"attribute:ecs.instance-type != g5.2xlarge", true, false},
		{"attribute:ecs.os-type == linux and attribute:ecs.cpu-architecture in [x86_64]", true, false},
		{"attribute:ecs.ami-id =~ ami-.*", true, false},
		{"attribute:stack == prod and attribute:ssd exists", true, false},
		{"attribute:ecs.ami-id not_exists", false, true},
		{"ec2InstanceId == i-abcd1234", true, false},
		{"agentVersion > 1.9.0", true, false},
		{"agentConnected == true", true, true},
		{"registeredAt >= 2026-02-03", true, false},
		{"runningTasksCount <= 2", false, true},
		{"task:group == service:web and task:group == family:job", true, false},
	} {
		for _, of := range []struct {
			i    ecs.InstanceAttributes
			want bool
		}{{i, test.full}, {ecs.InstanceAttributes{}, test.zero}} {
			got, err := ecs.MemberOf(test.expression).Matches(of.i)
			require.NoError(t, err)
			require.Equal(t, of.want, got, test.expression)
		}
	}
	i.AgentDisconnected = true
	got, err := ecs.MemberOf("agentConnected == false").Matches(i)
	require.NoError(t, err)
	require.True(t, got)
}

func TestMembersOfNothing(t *testing.T) {
	t.Parallel()
	_, err := ecs.MemberOf("").Matches(ecs.InstanceAttributes{})
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.NotErrorIs(t, err, ecs.ErrNotModelled)
	for _, expression := range []ecs.MemberOf{"attribute:x =~ '(?!a).*'", "agentVersion > 1"} {
		_, err = expression.Matches(ecs.InstanceAttributes{AgentVersion: "latest"})
		require.ErrorIs(t, err, ecs.ErrNotModelled)
		require.NotErrorIs(t, err, slipway.ErrInvalid)
	}
}
