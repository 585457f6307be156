// SPDX-License-Identifier: Apache-2.0

package ssm_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
	"github.com/slipway-go/slipway/internal/rules/ssm"
)

type parameter = awsssm.PutParameterInput

func base() *parameter {
	return &parameter{Name: aws.String("/shop/db"), Value: aws.String("v"), Type: ssmtypes.ParameterTypeString}
}

// TestEveryRuleOfParameters has the bounds of
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
func TestEveryRuleOfParameters(t *testing.T) {
	t.Parallel()
	const validation = "ValidationException"
	name := func(s string) func(*parameter) { return func(in *parameter) { in.Name = &s } }
	size := func(n int, tier ssmtypes.ParameterTier) func(*parameter) {
		return func(in *parameter) { in.Value, in.Tier = aws.String(strings.Repeat("v", n)), tier }
	}
	tagged := func(overwrite bool) func(*parameter) {
		return func(in *parameter) { in.Overwrite, in.Tags = &overwrite, make([]ssmtypes.Tag, 1) }
	}
	pattern := func(p, value string, kind ssmtypes.ParameterType) func(*parameter) {
		return func(in *parameter) { in.AllowedPattern, in.Value, in.Type = &p, &value, kind }
	}
	const text, list = ssmtypes.ParameterTypeString, ssmtypes.ParameterTypeStringList
	rulestest.Holds(t, ssm.PutParameter, nil, base, []rulestest.Row[parameter]{
		{Rule: "ssm-name", Name: "none", Breaks: name(""), Legal: name("p"), Path: "Name", Code: validation, Text: "Parameter name"},
		{Rule: "ssm-name", Name: "1012 characters", Breaks: name(strings.Repeat("p", 1012)), Legal: name(strings.Repeat("p", 1011)), Path: "Name", Code: validation},
		{Rule: "ssm-name", Name: "a blank", Breaks: name("a b"), Legal: name("a.b-c_D9"), Path: "Name", Code: validation},
		{Rule: "ssm-name", Name: "ssm first", Breaks: name("/SSM-x"), Legal: name("/shop/ssm"), Path: "Name", Code: validation},
		{Rule: "ssm-name", Name: "a path without a beginning", Breaks: name("shop/db"), Legal: name("/shop/db"), Path: "Name", Code: validation},
		{Rule: "ssm-name", Name: "an empty level", Breaks: name("/shop//db"), Legal: name("/shop/db"), Path: "Name", Code: validation},
		{Rule: "ssm-name", Name: "but not one that is known later", Breaks: name("/shop/"), Legal: name("/" + slipway.Self("region")), Path: "Name", Code: validation},
		{Rule: "ssm-name-reserved", Name: "AWS's own", Breaks: name("/AWS/x"), Legal: name("/shop/aws"), Path: "Name", Code: "AccessDeniedException", Text: "reserved parameter name: /AWS/x."},
		{
			Rule: "ssm-levels", Name: "16", Breaks: name(strings.Repeat("/l", 16)), Legal: name(strings.Repeat("/l", 15)),
			Path: "Name", Code: "HierarchyLevelLimitExceededException", Text: "15 levels",
		},
		{Rule: "ssm-tier-size", Name: "nothing", Breaks: size(0, ""), Legal: size(1, ""), Path: "Value", Code: validation},
		{Rule: "ssm-tier-size", Name: "4097 in the standard tier", Breaks: size(4097, ""), Legal: size(4096, "Standard"), Path: "Value", Code: validation, Text: "4096"},
		{Rule: "ssm-tier-size", Name: "4097 is for the advanced one", Breaks: size(4097, "Standard"), Legal: size(4097, "Advanced"), Path: "Value", Code: validation},
		{Rule: "ssm-tier-size", Name: "8193", Breaks: size(8193, "Advanced"), Legal: size(8192, "Intelligent-Tiering"), Path: "Value", Code: validation, Text: "8192"},
		{Rule: "ssm-tags-overwrite", Name: "both", Breaks: tagged(true), Legal: tagged(false), Path: "Tags", Code: validation, Text: "together"},
		{Rule: "ssm-pattern", Name: "no pattern", Breaks: pattern("(", "v", text), Legal: pattern("()", "v", text), Path: "AllowedPattern", Code: "InvalidAllowedPatternException"},
		{
			Rule: "ssm-pattern-mismatch", Name: "another value", Breaks: pattern(`^\d+$`, "x", text), Legal: pattern(`^\d+$`, "1", text),
			Path: "Value", Code: "ParameterPatternMismatchException", Text: `allowedPattern: ^\d+$`,
		},
		{
			Rule: "ssm-pattern-mismatch", Name: "one of a list", Breaks: pattern(`^\d+$`, "1,x", list), Legal: pattern(`^\d+$`, "1,2", list),
			Path: "Value", Code: "ParameterPatternMismatchException",
		},
	})
}

// TestValuesAreNeverShown: a parameter may be a secret.
func TestValuesAreNeverShown(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, change := range []func(*parameter){
		func(in *parameter) { in.AllowedPattern = aws.String(`^\d+$`) },
		func(in *parameter) { in.Value = aws.String(strings.Repeat(secret, 9000)) },
	} {
		in := base()
		in.Value = aws.String(secret)
		change(in)
		found := ssm.PutParameter.All(nil, in)
		require.NotEmpty(t, found)
		for _, e := range found {
			require.NotContains(t, e.Error()+e.Text+e.Got+e.Want, secret)
		}
	}
}
