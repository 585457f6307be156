// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/rules"
)

type pingInput struct{ Name *string }

type pingOutput struct{ Name string }

func TestHandle(t *testing.T) {
	t.Parallel()
	s := sim.NewService("Ping", "ping")
	sim.Handle(s, "Ping", func(_ *sim.Call, in *pingInput) (*pingOutput, error) {
		if in.Name == nil {
			return nil, sim.Errorf("NoName", "name is %s", "missing")
		}
		return &pingOutput{Name: *in.Name}, nil
	}, sim.Refuses[pingInput]("Loud"), sim.Needs(func(c *sim.Call, in *pingInput) []sim.Access {
		return []sim.Access{{Action: "ping:Ping", Resource: c.ARN("ping", *in.Name)}}
	}))
	op := s.Operation("Ping")
	require.Equal(t, []string{"Ping"}, s.Operations())
	require.Nil(t, s.Operation("Pong"))
	require.Equal(t, []string{"Loud"}, op.Unmodelled)

	name := "x"
	call := &sim.Call{Region: "eu-central-1", Account: "123456789012", Partition: "aws"}
	require.Equal(t, "arn:aws:ping:eu-central-1:123456789012:x", op.Access(call, &pingInput{Name: &name})[0].Resource)
	out, err := op.Call(call, &pingInput{Name: &name})
	require.NoError(t, err)
	require.Equal(t, &pingOutput{Name: "x"}, out)

	out, err = op.Call(call, &pingInput{})
	require.Nil(t, out, "a typed nil pointer would not be nil")
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "NoName", api.ErrorCode())
	require.Equal(t, "name is missing", api.ErrorMessage())

	_, err = op.Call(call, "not an input")
	require.ErrorContains(t, err, "string")
}

func TestCheckMakesTheTypedException(t *testing.T) {
	t.Parallel()
	of := rules.Of[pingInput]{{
		Meta: rules.Meta{ID: "ping-name", Code: "ClientException", Text: "Name should not be null."},
		Check: func(r *rules.Report, in *pingInput) {
			if in.Name == nil {
				r.Add(rules.Problem{Path: "Name", Want: "a name"})
			}
		},
	}}
	name := "x"
	require.NoError(t, sim.Check(of, nil, &pingInput{Name: &name}, nil))

	var api smithy.APIError
	require.ErrorAs(t, sim.Check(of, nil, &pingInput{}, nil), &api)
	require.Equal(t, "ClientException", api.ErrorCode())
	require.Equal(t, "Name should not be null.", api.ErrorMessage())

	typed := errors.New("typed")
	err := sim.Check(of, nil, &pingInput{}, func(code, _ string) error {
		if code == "ClientException" {
			return typed
		}
		return nil
	})
	require.ErrorIs(t, err, typed)
}

func TestPage(t *testing.T) {
	t.Parallel()
	all := []int{1, 2, 3, 4, 5}
	var got []int
	var token *string
	for {
		page, next, err := sim.Page(all, token, 2)
		require.NoError(t, err)
		got = append(got, page...)
		if token = next; token == nil {
			break
		}
	}
	require.Equal(t, all, got)
	bad := "page-99"
	_, _, err := sim.Page(all, &bad, 2)
	require.Error(t, err, "a token that was not given out")
}

func TestRegional(t *testing.T) {
	t.Parallel()
	r := sim.Regional[string]{New: func(account, region string) *string {
		s := account + "/" + region
		return &s
	}}
	b := r.In(&sim.Call{Account: "1", Region: "b"})
	require.Equal(t, "1/b", *b)
	require.Same(t, b, r.Of("1", "b"))
	r.Of("1", "a")
	require.Len(t, r.All(), 2)
	require.Equal(t, "1/a", *r.All()[0], "sorted")
}

func TestPartition(t *testing.T) {
	t.Parallel()
	require.Equal(t, "aws", sim.Partition("eu-central-1"))
	require.Equal(t, "aws-cn", sim.Partition("cn-north-1"))
	require.Equal(t, "aws-us-gov", sim.Partition("us-gov-west-1"))
}
