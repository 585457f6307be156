// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/policy"
)

const (
	account = "123456789012"
	role    = "arn:aws:iam::123456789012:role/web"
	session = "arn:aws:sts::123456789012:assumed-role/web/task"
)

var caller = policy.Principal{ARN: session, Role: role, Account: account}

// named wraps statements into a policy of the version that has variables.
func named(t *testing.T, statements ...string) policy.Named {
	t.Helper()
	doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	require.NoError(t, err)
	return policy.Named{Name: "p", Document: doc}
}

func TestEvaluateIdentityPolicies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, statement  string
		action, resource string
		allowed          bool
	}{
		{"an action and a resource", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`, "s3:GetObject", "arn:aws:s3:::b/k", true},
		{"another action", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`, "s3:PutObject", "arn:aws:s3:::b/k", false},
		{"actions ignore case", `{"Effect":"Allow","Action":"S3:getobject","Resource":"*"}`, "s3:GetObject", "arn:aws:s3:::b/k", true},
		{"wildcards in actions", `{"Effect":"Allow","Action":["ecs:D?scribe*"],"Resource":"*"}`, "ecs:DescribeTasks", "*", true},
		{"resources mind case", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::B/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", false},
		{"wildcards reach over slashes", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::b/a/k", true},
		{
			"a wildcard stays in its part of the ARN", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:*:r:1:x"}`,
			"ecs:RunTask", "arn:aws:ecs:q:r:1:x", false,
		},
		{"an ARN cut short", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs"}`, "sqs:SendMessage", "arn:aws:sqs:r:1:q", true},
		{"a list without resources needs a star", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:ecs:*:*:cluster/*"}`, "ecs:ListClusters", "*", false},
		{"NotAction", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "ecs:RunTask", "*", true},
		{"NotAction names it", `{"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}`, "s3:GetObject", "*", false},
		{"NotResource", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::c/k", true},
		{"NotResource names it", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", false},
		{"a variable", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b/ann*/k", true},
		{
			"a variable's value is no pattern", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`,
			"s3:GetObject", "arn:aws:s3:::b/annabel/k", false,
		},
		{"a variable without value", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:nothing}*"}`, "s3:GetObject", "arn:aws:s3:::b", false},
		{"a variable with a default", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:nothing, 'b'}"}`, "s3:GetObject", "arn:aws:s3:::b", true},
		{"an escaped star", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${*}"}`, "s3:GetObject", "arn:aws:s3:::b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := policy.Set{Identity: []policy.Named{named(t, tt.statement)}}.Evaluate(policy.Request{
				Principal: caller, Action: tt.action, Resource: tt.resource, Context: map[string][]string{"aws:UserName": {"ann*"}},
			})
			require.Equal(t, tt.allowed, d.Allowed)
			require.Equal(t, !tt.allowed, d.Statement == nil)
		})
	}
}

func TestVariablesNeedTheNewVersion(t *testing.T) {
	t.Parallel()
	doc, err := policy.Parse(`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`)
	require.NoError(t, err)
	set := policy.Set{Identity: []policy.Named{{Document: doc}}}
	context := map[string][]string{"aws:username": {"ann"}}
	require.False(t, set.Evaluate(policy.Request{Principal: caller, Action: "s3:X", Resource: "arn:aws:s3:::ann", Context: context}).Allowed)
	require.True(t, set.Evaluate(policy.Request{Principal: caller, Action: "s3:X", Resource: "arn:aws:s3:::${aws:username}"}).Allowed)
}

func TestEvaluateOrder(t *testing.T) {
	t.Parallel()
	all := named(t, `{"Sid":"all","Effect":"Allow","Action":"*","Resource":"*"}`)
	none := named(t, `{"Sid":"none","Effect":"Deny","Action":"ecs:*","Resource":"*"}`)
	other := named(t, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	toRole := named(t, `{"Effect":"Allow","Principal":{"AWS":"`+role+`"},"Action":"ecs:*"}`)
	toSession := named(t, `{"Effect":"Allow","Principal":{"AWS":"`+session+`"},"Action":"ecs:*"}`)
	toAccount := named(t, `{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"ecs:*"}`)
	notRole := named(t, `{"Effect":"Deny","NotPrincipal":{"AWS":["`+role+`"]},"Action":"ecs:*"}`)
	for _, tt := range []struct {
		name    string
		set     policy.Set
		allowed bool
		because string
	}{
		{"nothing allows", policy.Set{}, false, "because no identity-based policy allows the ecs:RunTask action"},
		{"an allow", policy.Set{Identity: []policy.Named{other, all}}, true, ""},
		{"a deny beats an allow", policy.Set{Identity: []policy.Named{all, none}}, false, "with an explicit deny in an identity-based policy"},
		{
			"a boundary must allow too", policy.Set{Identity: []policy.Named{all}, Boundary: &other}, false,
			"because no permissions boundary allows the ecs:RunTask action",
		},
		{"a boundary alone allows nothing", policy.Set{Boundary: &all}, false, "because no identity-based policy allows the ecs:RunTask action"},
		{
			"a boundary denies", policy.Set{Identity: []policy.Named{all}, Boundary: &none}, false,
			"with an explicit deny in a permissions boundary",
		},
		{
			"a session policy must allow too", policy.Set{Identity: []policy.Named{all}, Session: []policy.Named{other}}, false,
			"because no session policy allows the ecs:RunTask action",
		},
		{"the resource's policy allows by itself", policy.Set{Resource: &toRole}, true, ""},
		{
			"but within the boundary", policy.Set{Resource: &toRole, Boundary: &other}, false,
			"because no permissions boundary allows the ecs:RunTask action",
		},
		{"which does not bind a session that is named", policy.Set{Resource: &toSession, Boundary: &other}, true, ""},
		{
			"to allow the account only delegates", policy.Set{Resource: &toAccount}, false,
			"because no identity-based policy allows the ecs:RunTask action",
		},
		{"NotPrincipal spares whom it names", policy.Set{Identity: []policy.Named{all}, Resource: &notRole}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tt.set.Evaluate(policy.Request{Principal: caller, Action: "ecs:RunTask", Resource: "*"})
			require.Equal(t, tt.allowed, d.Allowed)
			require.Equal(t, tt.because, d.Because())
		})
	}
}

func TestTheDecidingStatementIsTold(t *testing.T) {
	t.Parallel()
	p := named(t, `{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Sid":"b","Effect":"Allow","Action":"ecs:*","Resource":"*"}`)
	d := policy.Set{Identity: []policy.Named{p}}.Evaluate(policy.Request{Principal: caller, Action: "ecs:RunTask", Resource: "*"})
	require.Equal(t, "b", d.Statement.SID)
	require.Equal(t, "p", d.Policy)
	require.Equal(t, policy.Identity, d.Kind)
}

func TestEvaluateTrust(t *testing.T) {
	t.Parallel()
	tasks := policy.Principal{Service: "ecs-tasks.amazonaws.com"}
	trust := `{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},"Action":"sts:AssumeRole","Condition":{
		"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:ecs:eu-central-1:123456789012:*"}}}`
	from := map[string][]string{"aws:SourceAccount": {account}, "aws:SourceArn": {"arn:aws:ecs:eu-central-1:123456789012:task/x/y"}}
	for _, tt := range []struct {
		name      string
		by        policy.Principal
		statement string
		context   map[string][]string
		allowed   bool
	}{
		{"the service for the right source", tasks, trust, from, true},
		{"a confused deputy", tasks, trust, map[string][]string{"aws:SourceAccount": {"999999999999"}, "aws:SourceArn": from["aws:SourceArn"]}, false},
		{"no source at all", tasks, trust, nil, false},
		{"another service", policy.Principal{Service: "ec2.amazonaws.com"}, trust, from, false},
		{"a role of the account", caller, `{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:*"}`, nil, true},
		{
			"an account by its root", caller,
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}`, nil, true,
		},
		{"another account", caller, `{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}`, nil, false},
		{"everybody", caller, `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`, nil, true},
		{"another action", tasks, `{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:TagSession"}`, nil, false},
		{
			"an identity provider", policy.Principal{Federated: "arn:aws:iam::1:oidc-provider/x"},
			`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::1:oidc-provider/x"},"Action":"sts:AssumeRole"}`, nil, true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := named(t, tt.statement)
			d := policy.Set{Resource: &doc, Trust: true}.Evaluate(policy.Request{Principal: tt.by, Action: "sts:AssumeRole", Resource: role, Context: tt.context})
			require.Equal(t, tt.allowed, d.Allowed)
			if !tt.allowed {
				require.Equal(t, "because no role trust policy allows the sts:AssumeRole action", d.Because())
			}
		})
	}
}
