// SPDX-License-Identifier: Apache-2.0

package gosource

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Body is the inside of a function that is being written.
type Body struct {
	text  strings.Builder
	taken map[string]bool
}

// predeclared are the names that the language gives, which expressions use.
const predeclared = "any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string " +
	"uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag len make max min " +
	"new panic print println real recover"

// NewBody returns an empty body, in which no variable has one of the names, nor one that
// the language gives.
func NewBody(reserved ...string) *Body {
	b := &Body{taken: map[string]bool{}}
	for _, name := range append(strings.Fields(predeclared), reserved...) {
		b.taken[name] = true
	}
	return b
}

// Comment writes lines of comment.
func (b *Body) Comment(text string) { b.text.WriteString(Comment(text)) }

// Line writes a statement.
func (b *Body) Line(text string) { b.text.WriteString(text + "\n") }

// String returns what was written.
func (b *Body) String() string { return b.text.String() }

// Define writes a variable for v, and returns v as that variable. Its name is like
// one of the hints, the first that is not taken.
func Define[T any](b *Body, v Value[T], hints ...string) Value[T] {
	name := b.name(hints)
	b.Line(name + " := " + v.text)
	return Of(v.p, v.V, name)
}

func (b *Body) name(hints []string) string {
	for _, h := range hints {
		if name := Identifier(h); name != "" && !b.taken[name] {
			b.taken[name] = true
			return name
		}
	}
	base := Identifier(hints[len(hints)-1])
	if base == "" {
		base = "value"
	}
	for n := 2; ; n++ {
		if name := fmt.Sprintf("%s%d", base, n); !b.taken[name] {
			b.taken[name] = true
			return name
		}
	}
}

// Identifier makes a name like "queue-worker" into one of Go: "queueWorker"; empty
// if there is none.
func Identifier(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if i == 0 {
			words[i] = strings.ToLower(w[:1]) + w[1:]
			continue
		}
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	name := strings.Join(words, "")
	if !token.IsIdentifier(name) {
		return ""
	}
	return name
}

// Comment returns text as lines of comment. No line of text can end it.
func Comment(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", " "), "\n") {
		b.WriteString(strings.TrimRight("// "+line, " ") + "\n")
	}
	return b.String()
}

// File returns a formatted source file: its head up to the package clause, the
// imports that the declarations need, and the declarations.
func (p *Printer) File(head, declarations string) ([]byte, error) {
	used, err := p.used(declarations)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(head + "\n\nimport (\n")
	for group := range slices.Values([]func(string) bool{isStandard, func(s string) bool { return !isStandard(s) }}) {
		for _, importPath := range slices.Sorted(maps.Keys(used)) {
			if group(importPath) {
				b.WriteString(spec(importPath, used[importPath]))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(")\n\n" + declarations)
	return format.Source([]byte(b.String()))
}

func isStandard(importPath string) bool { return !strings.Contains(importPath, ".") }

func spec(importPath, name string) string {
	if path.Base(importPath) == name {
		return fmt.Sprintf("%q\n", importPath)
	}
	return fmt.Sprintf("%s %q\n", name, importPath)
}

// used returns the packages that the declarations name, of those that are known.
func (p *Printer) used(declarations string) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+declarations, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("source that was written: %w", err)
	}
	paths := map[string]string{}
	for importPath, name := range p.Packages {
		paths[name] = importPath
	}
	used := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && paths[x.Name] != "" {
				used[paths[x.Name]] = x.Name
			}
		}
		return true
	})
	return used, nil
}
