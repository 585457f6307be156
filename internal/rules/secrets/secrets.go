// SPDX-License-Identifier: Apache-2.0

// Package secrets holds what Secrets Manager rejects.
package secrets

import (
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	api     = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/"
	maxName = 512
	// maxValue is the size of a secret's value in bytes.
	maxValue = 65_536
)

var name = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`)

// CreateSecret holds the rules of new secrets. What a secret is never shows.
var CreateSecret = rules.Of[awssm.CreateSecretInput]{
	{Meta: rules.Meta{
		ID: "secrets-name", Code: "ValidationException", Doc: api + "API_CreateSecret.html",
		Text: "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
	}, Check: func(r *rules.Report, in *awssm.CreateSecretInput) {
		n := aws.ToString(in.Name)
		if !slipway.HasRef(n) && (len(n) > maxName || !name.MatchString(n)) {
			r.Add(rules.Problem{Path: "Name", Got: strconv.Quote(n), Want: "1 to 512 letters, digits and -/_+=.@!"})
		}
	}},
	{Meta: rules.Meta{
		ID: "secrets-value", Code: "InvalidParameterException", Doc: api + "API_CreateSecret.html",
	}, Check: func(r *rules.Report, in *awssm.CreateSecretInput) { checkValue(r, in.SecretString, in.SecretBinary) }},
}

// PutSecretValue holds the rules of new versions.
var PutSecretValue = rules.Of[awssm.PutSecretValueInput]{
	{Meta: rules.Meta{
		ID: "secrets-value", Code: "InvalidParameterException", Doc: api + "API_PutSecretValue.html",
	}, Check: func(r *rules.Report, in *awssm.PutSecretValueInput) {
		if in.SecretString == nil && in.SecretBinary == nil {
			r.Add(rules.Problem{
				Path: "SecretString", Got: "none", Want: "a string or bytes",
				Text: "You must provide either SecretString or SecretBinary.",
			})
		}
		checkValue(r, in.SecretString, in.SecretBinary)
	}},
}

// UpdateSecret holds the rules of changed secrets.
var UpdateSecret = rules.Of[awssm.UpdateSecretInput]{
	{Meta: rules.Meta{
		ID: "secrets-value", Code: "InvalidParameterException", Doc: api + "API_UpdateSecret.html",
	}, Check: func(r *rules.Report, in *awssm.UpdateSecretInput) { checkValue(r, in.SecretString, in.SecretBinary) }},
}

func checkValue(r *rules.Report, text *string, binary []byte) {
	if text != nil && binary != nil {
		r.Add(rules.Problem{
			Path: "SecretString", Got: "both", Want: "a string or bytes",
			Text: "You can't specify both a binary secret value and a string secret value in the same secret.",
		})
	}
	if size := max(len(aws.ToString(text)), len(binary)); size > maxValue {
		r.Add(rules.Problem{
			Path: "SecretString", Got: strconv.Itoa(size) + " bytes", Want: "at most 65536 bytes",
			Text: "The secret value is too long. Secret values can't be larger than 65536 bytes.",
		})
	}
}
