// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Mask stands for a value that is not shown.
const Mask = "***"

// valueField is the field of a name and value pair that the name speaks about.
const valueField = "Value"

// namesSecret reports whether v is a pair whose Name or Key sounds secret.
func namesSecret(v reflect.Value) bool {
	for _, field := range []string{"Name", "Key"} {
		f := strip(v.FieldByName(field))
		if f.Kind() == reflect.String && isSecret(f.String()) {
			return true
		}
	}
	return false
}

// render returns v as one line of text: scalars as they are, strings quoted, the
// rest as JSON-like text without what is nil. Secrets are masked; references
// (ARNs, placeholders) are not secret.
func render(v reflect.Value, secret bool) string {
	v = strip(v)
	if !v.IsValid() {
		return ""
	}
	switch v.Kind() {
	case reflect.String:
		return renderText(v.String(), secret)
	case reflect.Struct:
		return renderStruct(v, secret)
	case reflect.Map:
		return renderMap(v, secret)
	case reflect.Slice, reflect.Array:
		return renderList(v, secret)
	default:
		if secret {
			return Mask
		}
		return fmt.Sprint(v.Interface())
	}
}

func renderText(s string, secret bool) string {
	if secret && !strings.HasPrefix(s, "arn:") && !strings.HasPrefix(s, "${slipway:") {
		return Mask
	}
	if doc, ok := document(s); ok {
		return doc
	}
	return strconv.Quote(Scrub(s, Mask))
}

// document renders JSON objects compactly, with secrets in them masked.
func document(s string) (string, bool) {
	if !strings.HasPrefix(strings.TrimSpace(s), "{") {
		return "", false
	}
	var doc map[string]any
	if json.Unmarshal([]byte(s), &doc) != nil {
		return "", false
	}
	return render(reflect.ValueOf(doc), false), true
}

func renderStruct(v reflect.Value, secret bool) string {
	if t, ok := reflect.TypeAssert[time.Time](v); ok {
		return t.UTC().Format(time.RFC3339)
	}
	pair := namesSecret(v)
	var fields []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		hide := secret || isSecret(field.Name) || pair && field.Name == valueField
		fields = append(fields, field.Name+": "+render(v.Field(i), hide))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func renderMap(v reflect.Value, secret bool) string {
	var entries []string
	for _, k := range sortedKeys(v) {
		name := fmt.Sprint(k.Interface())
		entries = append(entries, name+": "+render(v.MapIndex(k), secret || isSecret(name)))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

func renderList(v reflect.Value, secret bool) string {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return fmt.Sprintf("%d bytes", v.Len())
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = render(v.Index(i), secret)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
