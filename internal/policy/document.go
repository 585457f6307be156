// SPDX-License-Identifier: Apache-2.0

// Package policy evaluates IAM policies: it reads documents, checks their
// grammar and decides requests, with the statement that decided and AWS's words
// for why. It does no input or output.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// The versions of the policy language. Only the newer one has variables.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// The effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Document is a policy.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a [Document].
type Statement struct {
	SID    string
	Effect string
	// Principals and NotPrincipals have values by type: "AWS", "Service",
	// "Federated" or "CanonicalUser". The principal "*" is AWS: "*".
	Principals, NotPrincipals map[string][]string
	Actions, NotActions       []string
	Resources, NotResources   []string
	Conditions                []Condition
}

// Condition is one key under one operator of a statement's Condition.
type Condition struct {
	// Operator as written, such as "ForAnyValue:StringLikeIfExists".
	Operator string
	Key      string
	Values   []string
}

// SyntaxError says that a document is not a policy at all.
type SyntaxError struct {
	// Path of the element, such as "Statement[0].Action"; empty for the document.
	Path string
	// Text says what is wrong.
	Text string
}

// Error says where and what is wrong.
func (e *SyntaxError) Error() string {
	if e.Path == "" {
		return e.Text
	}
	return e.Path + ": " + e.Text
}

func syntax(path, format string, args ...any) error {
	return &SyntaxError{Path: path, Text: fmt.Sprintf(format, args...)}
}

// Parse reads a document. Its shape must be right; [Document.Check] says whether
// AWS would take it. The error is a *[SyntaxError].
func Parse(text string) (Document, error) {
	var doc Document
	elements, err := object("", []byte(text))
	if err != nil {
		return doc, err
	}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		raw := elements[name]
		switch name {
		case "Version":
			doc.Version, err = text1(name, raw)
		case "Id":
			doc.ID, err = text1(name, raw)
		case "Statement":
			doc.Statements, err = statements(raw)
		default:
			err = syntax(name, "is not an element of a policy")
		}
		if err != nil {
			return Document{}, err
		}
	}
	if _, ok := elements["Statement"]; !ok {
		return Document{}, syntax("Statement", "is missing")
	}
	return doc, nil
}

func statements(raw json.RawMessage) ([]Statement, error) {
	items := []json.RawMessage{raw}
	if first(raw) == '[' {
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, syntax("Statement", "is not a list: %v", err)
		}
	}
	all := make([]Statement, len(items))
	for i, item := range items {
		var err error
		if all[i], err = statement(fmt.Sprintf("Statement[%d]", i), item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func statement(path string, raw json.RawMessage) (Statement, error) {
	var s Statement
	elements, err := object(path, raw)
	if err != nil {
		return s, err
	}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if err := s.element(path+"."+name, name, elements[name]); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *Statement) element(path, name string, raw json.RawMessage) (err error) {
	switch name {
	case "Sid":
		s.SID, err = text1(path, raw)
	case "Effect":
		s.Effect, err = text1(path, raw)
	case "Principal":
		s.Principals, err = principals(path, raw)
	case "NotPrincipal":
		s.NotPrincipals, err = principals(path, raw)
	case "Action":
		s.Actions, err = texts(path, raw)
	case "NotAction":
		s.NotActions, err = texts(path, raw)
	case "Resource":
		s.Resources, err = texts(path, raw)
	case "NotResource":
		s.NotResources, err = texts(path, raw)
	case "Condition":
		s.Conditions, err = conditions(path, raw)
	default:
		err = syntax(path, "is not an element of a statement")
	}
	return err
}

func principals(path string, raw json.RawMessage) (map[string][]string, error) {
	if first(raw) == '"' {
		all, err := text1(path, raw)
		if err != nil {
			return nil, err
		}
		if all != "*" {
			return nil, syntax(path, "is %q, a string other than \"*\"", all)
		}
		return map[string][]string{"AWS": {"*"}}, nil
	}
	types, err := object(path, raw)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string, len(types))
	for name, values := range types {
		if out[name], err = texts(path+"."+name, values); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func conditions(path string, raw json.RawMessage) ([]Condition, error) {
	operators, err := object(path, raw)
	if err != nil {
		return nil, err
	}
	var all []Condition
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		keys, err := object(path+"."+operator, operators[operator])
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values, err := scalars(path+"."+operator+"."+key, keys[key])
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	return all, nil
}

// object reads the members of a JSON object, whose names may not repeat.
func object(path string, raw []byte) (map[string]json.RawMessage, error) {
	if first(raw) != '{' {
		return nil, syntax(path, "is not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, syntax(path, "%v", err)
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, syntax(path, "%v", err)
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, syntax(path, "%v", err)
		}
		if _, twice := members[name]; twice {
			return nil, syntax(path, "has %q twice", name)
		}
		members[name] = value
	}
	return members, end(path, d)
}

// end reads the closing brace and makes sure that nothing follows it.
func end(path string, d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return syntax(path, "%v", err)
	}
	var more json.RawMessage
	if err := d.Decode(&more); err == nil || errors.As(err, new(*json.SyntaxError)) {
		return syntax(path, "is followed by more text")
	}
	return nil
}

func text1(path string, raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || first(raw) != '"' {
		return "", syntax(path, "is not a string")
	}
	return s, nil
}

// texts reads a string or a list of strings.
func texts(path string, raw json.RawMessage) ([]string, error) {
	if first(raw) != '[' {
		s, err := text1(path, raw)
		return []string{s}, err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, syntax(path, "is not a list: %v", err)
	}
	all := make([]string, len(items))
	for i, item := range items {
		var err error
		if all[i], err = text1(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// scalars reads what a condition is compared with: strings, numbers or Booleans,
// one or a list.
func scalars(path string, raw json.RawMessage) ([]string, error) {
	items := []json.RawMessage{raw}
	if first(raw) == '[' {
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, syntax(path, "is not a list: %v", err)
		}
	}
	all := make([]string, len(items))
	for i, item := range items {
		switch c := first(item); c {
		case '"':
			var err error
			if all[i], err = text1(path, item); err != nil {
				return nil, err
			}
		case '{', '[', 'n':
			return nil, syntax(path, "is neither string, number nor Boolean")
		default:
			all[i] = string(bytes.TrimSpace(item))
		}
	}
	return all, nil
}

// first is the first byte of a JSON text, which tells its type.
func first(raw []byte) byte {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 {
		return raw[0]
	}
	return 0
}
