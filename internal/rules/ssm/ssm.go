// SPDX-License-Identifier: Apache-2.0

// Package ssm holds what Parameter Store rejects.
package ssm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	validation = "ValidationException"
	api        = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"
	maxName    = 1011
	maxLevels  = 15
	// maxStandard and maxAdvanced are the sizes of values in characters.
	maxStandard = 4096
	maxAdvanced = 8192
)

var name = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

// PutParameter holds the rules of parameters. Values never show.
var PutParameter = rules.Of[awsssm.PutParameterInput]{
	{Meta: rules.Meta{
		ID: "ssm-name", Code: validation, Doc: api,
		Text: `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of ` +
			`sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`,
	}, Check: checkName},
	{Meta: rules.Meta{
		ID: "ssm-name-reserved", Code: "AccessDeniedException", Doc: api,
	}, Check: func(r *rules.Report, in *awsssm.PutParameterInput) {
		if n := aws.ToString(in.Name); strings.HasPrefix(strings.ToLower(strings.TrimPrefix(n, "/")), "aws") {
			r.Add(rules.Problem{
				Path: "Name", Got: n, Want: `a name that does not begin with "aws"`, Text: "No access to reserved parameter name: " + n + ".",
			})
		}
	}},
	{Meta: rules.Meta{
		ID: "ssm-levels", Code: "HierarchyLevelLimitExceededException", Doc: api,
		Text: "The hierarchy can have a maximum of 15 levels.",
	}, Check: func(r *rules.Report, in *awsssm.PutParameterInput) {
		if levels := strings.Count(strings.Trim(aws.ToString(in.Name), "/"), "/") + 1; levels > maxLevels {
			r.Add(rules.Problem{Path: "Name", Got: strconv.Itoa(levels) + " levels", Want: "at most 15 levels"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ssm-tier-size", Code: validation, Doc: api,
	}, Check: checkSize},
	{Meta: rules.Meta{
		ID: "ssm-tags-overwrite", Code: validation, Doc: api,
		Text: "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove " +
			"overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
	}, Check: func(r *rules.Report, in *awsssm.PutParameterInput) {
		if len(in.Tags) > 0 && aws.ToBool(in.Overwrite) {
			r.Add(rules.Problem{Path: "Tags", Got: "tags and Overwrite", Want: "one of them"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ssm-pattern", Code: "InvalidAllowedPatternException", Doc: api,
	}, Check: func(r *rules.Report, in *awsssm.PutParameterInput) {
		if _, err := regexp.Compile(aws.ToString(in.AllowedPattern)); err != nil {
			r.Add(rules.Problem{
				Path: "AllowedPattern", Got: *in.AllowedPattern, Want: "a regular expression",
				Text: "The request doesn't meet the regular expression requirement.",
			})
		}
	}},
	{Meta: rules.Meta{
		ID: "ssm-pattern-mismatch", Code: "ParameterPatternMismatchException", Doc: api,
		Text: "Parameter value, cannot be validated against allowedPattern: ",
	}, Check: checkPattern},
}

func checkName(r *rules.Report, in *awsssm.PutParameterInput) {
	n := aws.ToString(in.Name)
	if slipway.HasRef(n) {
		return
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(n, "/"), "/")
	bad := n == "" || len(n) > maxName || !name.MatchString(n) || strings.HasPrefix(strings.ToLower(first), "ssm") ||
		strings.Contains(n, "//") || strings.HasSuffix(n, "/") || (strings.Contains(n, "/") && !strings.HasPrefix(n, "/"))
	if bad {
		r.Add(rules.Problem{Path: "Name", Got: strconv.Quote(n), Want: "letters, digits and ._-, with / before each level of a path"})
	}
}

func checkSize(r *rules.Report, in *awsssm.PutParameterInput) {
	size := len(aws.ToString(in.Value))
	switch {
	case slipway.HasRef(aws.ToString(in.Value)):
	case size == 0 && in.Value != nil:
		r.Add(rules.Problem{
			Path: "Value", Got: "nothing", Want: "1 character or more",
			Text: "1 validation error detected: Value '' at 'value' failed to satisfy constraint: " +
				"Member must have length greater than or equal to 1.",
		})
	case size > maxAdvanced:
		r.Add(rules.Problem{
			Path: "Value", Got: strconv.Itoa(size) + " characters", Want: "at most 8192",
			Text: "Advanced tier parameters support a maximum parameter value of 8192 characters.",
		})
	case size > maxStandard && (in.Tier == "" || in.Tier == ssmtypes.ParameterTierStandard):
		r.Add(rules.Problem{
			Path: "Value", Got: strconv.Itoa(size) + " characters", Want: "at most 4096 in the standard tier",
			Text: "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter " +
				"value, upgrade the parameter to use the advanced-parameter tier. For more information, see " +
				"https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
		})
	}
}

func checkPattern(r *rules.Report, in *awsssm.PutParameterInput) {
	pattern, err := regexp.Compile(aws.ToString(in.AllowedPattern))
	if in.AllowedPattern == nil || err != nil || slipway.HasRef(aws.ToString(in.Value)) {
		return
	}
	values := []string{aws.ToString(in.Value)}
	if in.Type == ssmtypes.ParameterTypeStringList {
		values = strings.Split(values[0], ",")
	}
	if slices.ContainsFunc(values, func(v string) bool { return !pattern.MatchString(v) }) {
		r.Add(rules.Problem{
			Path: "Value", Got: "another", Want: "what matches " + *in.AllowedPattern,
			Text: "Parameter value, cannot be validated against allowedPattern: " + *in.AllowedPattern,
		})
	}
}
