// SPDX-License-Identifier: Apache-2.0

package gosource_test

import (
	"go/types"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/gosource"
)

type color string

type point struct {
	X, Y   int
	Label  *string
	hidden int
}

func printer() *gosource.Printer {
	return &gosource.Printer{
		Packages: map[string]string{"github.com/slipway-go/slipway/internal/gosource_test": "sample", "time": "time", "example.com/elsewhere": "other"},
		Special: func(v any) (string, bool) {
			if v == color("red") {
				return "sample.Red", true
			}
			return "", false
		},
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	label, number, paint, flag := "a", int32(5), color("blue"), true
	for _, test := range []struct {
		name string
		give any
		want string
	}{
		{"nothing", nil, "nil"},
		{"a string", "a\nb", `"a\nb"`},
		{"quotes read better raw", `say "a"`, "`say \"a\"`"},
		{"quotes beside a backquote", "`\"", "\"`\\\"\""},
		{"a constant", color("red"), "sample.Red"},
		{"a string that is no constant", color("blue"), `"blue"`},
		{"a number", int64(-3), "-3"},
		{"a pointer to a string", &label, `new("a")`},
		{"a pointer to a number needs its type", &number, "new(int32(5))"},
		{"a pointer to a truth", &flag, "new(true)"},
		{"a pointer to a named string", &paint, `new(sample.color("blue"))`},
		{"no pointer", (*string)(nil), "nil"},
		{"a struct without what is zero", point{X: 1, hidden: 2}, "sample.point{X: 1}"},
		{"a pointer to a struct", &point{Label: &label}, `&sample.point{Label: new("a")}`},
		{"a list of structs", []point{{X: 1}, {}}, "[]sample.point{{X: 1}, {}}"},
		{"a map in order", map[string]int{"b": 2, "a": 1}, `map[string]int{"a": 1, "b": 2}`},
		{"seconds", 90 * time.Second, "90*time.Second"},
		{"a minute", time.Minute, "time.Minute"},
		{"no time", time.Duration(0), "0"},
		{"an odd time", time.Duration(7), "7"},
		{"an expression", gosource.Of(printer(), 1, "x.Y()"), "x.Y()"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, printer().Literal(test.give))
		})
	}
}

func TestLongListsHaveLines(t *testing.T) {
	t.Parallel()
	long := "0123456789012345678901234567890123456789012345678901234567890123456789"
	require.Equal(t, "[]string{\n\""+long+"\",\n\""+long+"\",\n}", printer().Literal([]string{long, long}))
}

// TestValueAndTextAgree: what is called is what is written.
func TestValueAndTextAgree(t *testing.T) {
	t.Parallel()
	p := printer()
	v := gosource.Call(p, 3, "sample.Three")
	v = v.On(4, "Plus", 1).Then(8, "Times", 2)
	require.Equal(t, 8, v.V)
	require.Equal(t, "sample.Three().Plus(1).\nTimes(2)", v.Source())
	word := gosource.Method(v, "8", "String")
	require.Equal(t, "8", word.V)
	require.Equal(t, "sample.Three().Plus(1).\nTimes(2).String()", word.Source())
	require.Equal(t, "sample.T{A: 1, B: x}", p.Struct("sample.T", gosource.Field{Name: "A", Value: 1}, gosource.Field{Name: "B", Value: gosource.Of(p, 2, "x")}))
}

func TestNames(t *testing.T) {
	t.Parallel()
	p, b := printer(), gosource.NewBody("time")
	for _, test := range []struct{ hint, want, reason string }{
		{"queue-worker", "queueWorker", "hyphens are no part of names"},
		{"time", "time2", "a package has the name"},
		{"queue_worker", "queueWorker2", "it is taken"},
		{"func", "value2", "a word of the language"},
		{"Über", "ber", "letters of ASCII only"},
		{"8080", "value3", "names begin with a letter"},
	} {
		require.Equal(t, test.want, gosource.Define(b, gosource.Of(p, 1, "1"), test.hint).Source(), test.reason)
	}
	require.Contains(t, b.String(), "queueWorker := 1\n")
}

// TestPredeclaredNames: a variable int32 would have int32(5) mean something else.
func TestPredeclaredNames(t *testing.T) {
	t.Parallel()
	b := gosource.NewBody()
	for _, name := range types.Universe.Names() {
		require.NotEqual(t, name, gosource.Define(b, gosource.Of(printer(), 1, "1"), name).Source())
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	source, err := printer().File("package x", "func F() any { return time.Second + other.Z }")
	require.NoError(t, err)
	require.Equal(t, `package x

import (
	"time"

	other "example.com/elsewhere"
)

func F() any { return time.Second + other.Z }
`, string(source))
	_, err = printer().File("package x", "func F( {")
	require.ErrorContains(t, err, "source that was written")
}

// TestCommentsStayComments: no text can end a comment.
func TestCommentsStayComments(t *testing.T) {
	t.Parallel()
	require.Equal(t, "// a\n//\n// func init() {} b\n", gosource.Comment("a\n\nfunc init() {}\rb"))
}
