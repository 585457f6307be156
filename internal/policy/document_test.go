// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/policy"
)

func TestParseTakesStringsAndLists(t *testing.T) {
	t.Parallel()
	doc, err := policy.Parse(`{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"a","Effect":"Allow","Principal":"*",
		"Action":"s3:*","Resource":["a","b"],"Condition":{"NumericEquals":{"k":[1,2]},"Bool":{"l":true}}}}`)
	require.NoError(t, err)
	require.Equal(t, policy.Document{Version: policy.Version2012, ID: "x", Statements: []policy.Statement{{
		SID: "a", Effect: policy.Allow, Principals: map[string][]string{"AWS": {"*"}}, Actions: []string{"s3:*"}, Resources: []string{"a", "b"},
		Conditions: []policy.Condition{
			{Operator: "Bool", Key: "l", Values: []string{"true"}}, {Operator: "NumericEquals", Key: "k", Values: []string{"1", "2"}},
		},
	}}}, doc)
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", ``, "is not a JSON object"},
		{"cut off", `{"Version":`, "EOF"},
		{"more than one document", `{"Statement":[]} {}`, "is followed by more text"},
		{"no statement", `{"Version":"2012-10-17"}`, "Statement: is missing"},
		{"an unknown element", `{"Statement":[],"Statements":[]}`, "Statements: is not an element of a policy"},
		{"names mind case", `{"Statement":[{"effect":"Allow"}]}`, "Statement[0].effect: is not an element of a statement"},
		{"an element twice", `{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}`, `Statement[0]: has "Effect" twice`},
		{"an action that is a number", `{"Statement":[{"Action":[1]}]}`, "Statement[0].Action[0]: is not a string"},
		{"a principal that is a string", `{"Statement":[{"Principal":"me"}]}`, `a string other than "*"`},
		{"a condition value that is an object", `{"Statement":[{"Condition":{"Bool":{"k":{}}}}]}`, "is neither string, number nor Boolean"},
		{"null", `{"Statement":[{"Condition":{"Bool":{"k":null}}}]}`, "is neither string, number nor Boolean"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Parse(tt.text)
			require.ErrorContains(t, err, tt.want)
			var syntax *policy.SyntaxError
			require.ErrorAs(t, err, &syntax)
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		kind       policy.Kind
		statements string
		path, text string
	}{
		{"no actions", policy.Identity, `[{"Effect":"Allow","Resource":"*"}]`, "Statement[0].Action", "Policy statement must contain actions."},
		{"no resources", policy.Identity, `[{"Effect":"Allow","Action":"s3:*"}]`, "Statement[0].Resource", "Policy statement must contain resources."},
		{"no vendor", policy.Identity, `[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]`, "Statement[0].Action", "prefaced by a vendor"},
		{"two colons", policy.Identity, `[{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}]`, "Statement[0].Action", "only one colon"},
		{"a strange vendor", policy.Identity, `[{"Effect":"Allow","Action":"s 3:a","Resource":"*"}]`, "Statement[0].Action", "Vendor s 3 is not valid"},
		{"no ARN", policy.Identity, `[{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}]`, "Statement[0].Resource", `Resource bucket must be in ARN format or "*".`},
		{
			"a principal in an identity-based policy", policy.Identity, `[{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}]`,
			"Statement[0].Principal", "Policy document should not specify a principal.",
		},
		{"no effect", policy.Identity, `[{"Action":"s3:*","Resource":"*"}]`, "Statement[0].Effect", "Syntax errors in policy."},
		{
			"statement ids repeat", policy.Identity,
			`[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]`,
			"Statement[1].Sid", "Statement IDs (SID) in a single policy must be unique.",
		},
		{"a statement id with a dash", policy.Identity, `[{"Sid":"a-b","Effect":"Allow","Action":"s3:*","Resource":"*"}]`, "Statement[0].Sid", "alpha-numeric"},
		{
			"an unknown operator", policy.Identity, `[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringIs":{"k":"v"}}}]`,
			"Statement[0].Condition.StringIs", "Invalid Condition type : StringIs.",
		},
		{
			"a trust policy has no resource", policy.Trust,
			`[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}]`,
			"Statement[0].Resource", "Has prohibited field Resource",
		},
		{"a trust policy has a principal", policy.Trust, `[{"Effect":"Allow","Action":"sts:AssumeRole"}]`, "Statement[0].Principal", "Missing required field Principal"},
		{
			"a trust policy is about STS", policy.Trust, `[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}]`,
			"Statement[0].Action", "AssumeRole policy may only specify STS AssumeRole actions.",
		},
		{
			"a service with a typing error", policy.Trust, `[{"Effect":"Allow","Principal":{"Service":"ecs-tasks"},"Action":"sts:AssumeRole"}]`,
			"Statement[0].Principal.Service", `Invalid principal in policy: "SERVICE":"ecs-tasks"`,
		},
		{
			"an account with 11 digits", policy.Trust, `[{"Effect":"Allow","Principal":{"AWS":"12345678901"},"Action":"sts:AssumeRole"}]`,
			"Statement[0].Principal.AWS", `Invalid principal in policy: "AWS":"12345678901"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults := policy.CheckText(`{"Version":"2012-10-17","Statement":`+tt.statements+`}`, tt.kind)
			require.Len(t, faults, 1)
			require.Equal(t, tt.path, faults[0].Path)
			require.Contains(t, faults[0].Text, tt.text)
		})
	}
	require.Equal(t, "Version", policy.CheckText(`{"Version":"2012-10-18","Statement":[]}`, policy.Trust)[0].Path)
	require.Equal(t, "Syntax errors in policy.", policy.CheckText("x", policy.Trust)[0].Text)
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	const want = `{"Statement":[{"Action":["s3:GetObject","s3:PutObject"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`
	for name, text := range map[string]string{
		"sets are sorted":           `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["s3:PutObject","s3:GetObject"]}]}`,
		"a single value is no list": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":["*"],"Action":["s3:GetObject","s3:PutObject"]}}`,
		"it is stable":              want,
	} {
		require.Equal(t, want, policy.Normalize(text), name) //nolint:testifylint // the order of the text counts
	}
	require.Equal(t, "no policy", policy.Normalize("no policy"))
}

// IAM returns the ARN of the root user where the digits of an account were given.
func TestNormalizeGivesAccountsOneForm(t *testing.T) {
	t.Parallel()
	trusting := func(principals string) string {
		return policy.Normalize(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":` + principals + `},"Action":"sts:AssumeRole"}]}`)
	}
	require.Equal(t, trusting(`"123456789012"`), trusting(`"arn:aws:iam::123456789012:root"`))
	require.Equal(t, trusting(`["210987654321","123456789012"]`), trusting(`["arn:aws-cn:iam::123456789012:root","210987654321"]`))
	require.NotEqual(t, trusting(`"123456789012"`), trusting(`"arn:aws:iam::123456789012:role/root"`))
	require.NotEqual(t, trusting(`"123456789012"`), trusting(`"*"`))
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::${aws:username}/*"}]}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["*"]},"NotAction":"a:b","NotResource":"*","Condition":{"Bool":{"k":false}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := policy.Parse(text)
		if err != nil {
			return
		}
		again, err := policy.Parse(doc.String())
		require.NoError(t, err, "what was read can be written and read")
		require.Equal(t, doc.String(), again.String())
		doc.Check(policy.Identity)
		policy.Set{Identity: []policy.Named{{Document: doc}}}.Evaluate(policy.Request{Principal: caller, Action: text, Resource: text})
	})
}
