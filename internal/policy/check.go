// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Fault is one thing in a document that IAM does not take.
type Fault struct {
	// Path of the element, such as "Statement[0].Action".
	Path string
	// Got and Want are for people, Text is AWS's message.
	Got, Want, Text string
}

// checker collects faults.
type checker struct {
	kind   Kind
	faults []Fault
}

// CheckText reads a document and returns what IAM does not take in it, as the
// given kind of policy.
func CheckText(text string, kind Kind) []Fault {
	doc, err := Parse(text)
	if err != nil {
		return []Fault{{Want: "a policy document: " + err.Error(), Text: "Syntax errors in policy."}}
	}
	return doc.Check(kind)
}

// Check returns what IAM does not take in a document of the given kind, in the
// order of the statements.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
func (d Document) Check(kind Kind) []Fault {
	c := &checker{kind: kind}
	if d.Version != "" && d.Version != Version2012 && d.Version != Version2008 {
		c.add("Version", d.Version, Version2012, "The policy must contain a valid version string.")
	}
	if kind != Trust && kind != Resource && d.Version != Version2012 && d.Version != "" {
		c.add("Version", d.Version, Version2012, "Policy document must be version 2012-10-17 or greater.")
	}
	sids := map[string]bool{}
	for i := range d.Statements {
		s := &d.Statements[i]
		path := fmt.Sprintf("Statement[%d]", i)
		if s.SID != "" && sids[s.SID] {
			c.add(path+".Sid", s.SID, "one that no other statement has", "Statement IDs (SID) in a single policy must be unique.")
		}
		sids[s.SID] = true
		c.statement(path, s)
	}
	return c.faults
}

func (c *checker) add(path, got, want, text string) {
	c.faults = append(c.faults, Fault{Path: path, Got: got, Want: want, Text: text})
}

var sidPattern = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (c *checker) statement(path string, s *Statement) {
	if !sidPattern.MatchString(s.SID) && c.kind != Resource {
		c.add(path+".Sid", s.SID, "letters and digits", "Statement IDs (SID) must be alpha-numeric. "+
			"Check that your input satisfies the regular expression [0-9A-Za-z]*")
	}
	if s.Effect != Allow && s.Effect != Deny {
		c.add(path+".Effect", s.Effect, "Allow or Deny", "Syntax errors in policy.")
	}
	c.principals(path, s)
	c.actions(path, s)
	c.resources(path, s)
	for _, condition := range s.Conditions {
		if _, ok := parseOperator(condition.Operator); !ok {
			c.add(path+".Condition."+condition.Operator, condition.Operator, "a condition operator",
				"Invalid Condition type : "+condition.Operator+".")
		}
	}
}

func (c *checker) principals(path string, s *Statement) {
	has := s.Principals != nil || s.NotPrincipals != nil
	switch {
	case c.kind == Identity && has:
		c.add(path+".Principal", "", "no principal in an identity-based policy", "Policy document should not specify a principal.")
	case c.kind == Trust && !has:
		c.add(path+".Principal", "", "who may assume the role", "Missing required field Principal")
	}
	if s.Principals != nil && s.NotPrincipals != nil {
		c.add(path+".NotPrincipal", "", "Principal or NotPrincipal", "Syntax errors in policy.")
	}
	for _, principals := range []map[string][]string{s.Principals, s.NotPrincipals} {
		c.principalTypes(path, principals)
	}
}

func (c *checker) principalTypes(path string, principals map[string][]string) {
	types := []string{"AWS", "Service", "Federated", "CanonicalUser"}
	for name, values := range principals {
		if !slices.Contains(types, name) {
			c.add(path+".Principal."+name, name, strings.Join(types, ", "), "Syntax errors in policy.")
			continue
		}
		for _, v := range values {
			if want, ok := validPrincipal(name, v); !ok {
				c.add(path+".Principal."+name, v, want, fmt.Sprintf("Invalid principal in policy: %q:%q", strings.ToUpper(name), v))
			}
		}
	}
}

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	awsPattern     = regexp.MustCompile(`^(arn:[\w-]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+)|A[A-Z]{3}[A-Z0-9]{12,})$`)
	servicePattern = regexp.MustCompile(`^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com)$`)
)

// validPrincipal says what is wanted of a principal and whether it is that.
// Strings with placeholders are not known yet.
func validPrincipal(kind, value string) (want string, ok bool) {
	if strings.Contains(value, "${") {
		return "", true
	}
	switch kind {
	case "AWS":
		return "an account, the ARN of a role or user, or \"*\"",
			value == "*" || accountPattern.MatchString(value) || awsPattern.MatchString(value)
	case "Service":
		return "a service such as ecs-tasks.amazonaws.com", servicePattern.MatchString(value)
	default:
		return "a name", value != ""
	}
}

func (c *checker) actions(path string, s *Statement) {
	if len(s.Actions) == 0 && len(s.NotActions) == 0 {
		c.add(path+".Action", "", "at least one action", "Policy statement must contain actions.")
	}
	if s.Actions != nil && s.NotActions != nil {
		c.add(path+".NotAction", "", "Action or NotAction", "Syntax errors in policy.")
	}
	for _, action := range slices.Concat(s.Actions, s.NotActions) {
		c.action(path+".Action", action)
	}
}

var vendorPattern = regexp.MustCompile(`^[a-zA-Z0-9-*?]+$`)

func (c *checker) action(path, action string) {
	vendor, name, ok := strings.Cut(action, ":")
	const service = "<service>:<action>"
	switch {
	case c.kind == Trust:
		if !MatchAction("sts:*", action) && action != "*" {
			c.add(path, action, "sts actions", "AssumeRole policy may only specify STS AssumeRole actions.")
		}
	case action == "*":
	case !ok:
		c.add(path, action, service, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	case strings.Contains(name, ":"):
		c.add(path, action, service, "Actions/Condition can contain only one colon.")
	case !vendorPattern.MatchString(vendor):
		c.add(path, action, service, "Vendor "+vendor+" is not valid")
	}
}

func (c *checker) resources(path string, s *Statement) {
	has := len(s.Resources) > 0 || len(s.NotResources) > 0
	switch {
	case c.kind == Trust:
		if s.Resources != nil || s.NotResources != nil {
			c.add(path+".Resource", "", "no resource in a trust policy", "Has prohibited field Resource")
		}
		return
	case c.kind == Identity && !has:
		c.add(path+".Resource", "", "at least one resource", "Policy statement must contain resources.")
	}
	if s.Resources != nil && s.NotResources != nil {
		c.add(path+".NotResource", "", "Resource or NotResource", "Syntax errors in policy.")
	}
	for _, resource := range slices.Concat(s.Resources, s.NotResources) {
		if !validResource(resource) {
			c.add(path+".Resource", resource, `an ARN or "*"`, fmt.Sprintf(`Resource %s must be in ARN format or "*".`, resource))
		}
	}
}

// validResource takes placeholders for ARNs.
func validResource(resource string) bool {
	return resource == "*" || strings.HasPrefix(resource, "${") || strings.HasPrefix(resource, "arn:")
}
