// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/policy"
)

// denied is the error in the words of the service whose action is denied.
func denied(p sim.Principal, a sim.Access, d policy.Decision) error {
	who := p.ARN
	if who == "" {
		who = "anonymous"
	}
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", who, a.Action)
	prefix, _, _ := strings.Cut(a.Action, ":")
	code, silent := denials[prefix].code, denials[prefix].silent
	if a.Resource != "*" || !silent {
		text += " on resource: " + shownResource(a)
	}
	if why := d.Because(); why != "" {
		text += " " + why
	}
	switch {
	case a.Action == "iam:PassRole" && len(a.Context["iam:PassedToService"]) > 0, code == "":
		code = "AccessDeniedException"
	case prefix == "ec2":
		text = "You are not authorized to perform this operation. " + text
	}
	return sim.Errorf(code, "%s", text)
}

// denials say with which code a service denies, where that is not
// AccessDeniedException, and whether it leaves the resource out if there is none.
var denials = map[string]struct {
	code   string
	silent bool
}{
	"autoscaling":          {"AccessDenied", true},
	"cloudformation":       {"AccessDenied", false},
	"cloudwatch":           {"AccessDenied", true},
	"ec2":                  {"UnauthorizedOperation", true},
	"elasticloadbalancing": {"AccessDenied", true},
	"iam":                  {"AccessDenied", false},
	"s3":                   {"AccessDenied", false},
	"sts":                  {"AccessDenied", false},
}

// byARN are IAM's actions whose denials name the resource by ARN.
var byARN = []string{
	"iam:CreateRole", "iam:CreateUser", "iam:CreateInstanceProfile", "iam:CreateServiceLinkedRole", "iam:PassRole",
	"iam:ListRoles", "iam:ListUsers",
}

// shownResource is how a denial names the resource: IAM says "role web" where it
// was asked by name.
//
// See https://github.com/aws/aws-cdk/issues/27067.
func shownResource(a sim.Access) string {
	if !strings.HasPrefix(a.Action, "iam:") || slices.Contains(byARN, a.Action) {
		return a.Resource
	}
	_, resource, ok := strings.Cut(a.Resource, ":iam::")
	if !ok {
		return a.Resource
	}
	_, resource, _ = strings.Cut(resource, ":")
	kind, _, _ := strings.Cut(resource, "/")
	switch {
	case kind == "policy" && a.Action != "iam:CreatePolicy":
		return "policy " + a.Resource
	case kind == "instance-profile":
		return "instance profile " + nameOf(resource)
	default:
		return kind + " " + nameOf(resource)
	}
}
