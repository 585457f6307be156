// SPDX-License-Identifier: Apache-2.0

package place_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/place"
)

const (
	one    = "${slipway:a:A/x#one}"
	many   = "${slipway:a:A/x#many}"
	quoted = "${slipway:a:A/x#quoted}"
	later  = "${slipway:a:A/x#later}"
)

// lookup knows one, many and quoted.
func lookup(r place.Ref) ([]string, bool, error) {
	switch r.Attribute {
	case "one":
		return []string{"v1"}, true, nil
	case "many":
		return []string{"m1", "m2"}, true, nil
	case "quoted":
		return []string{`a"b`}, true, nil
	case "wrong":
		return nil, false, errors.New("no such output")
	default:
		return nil, false, nil
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	ref := func(kind, name, attribute string) place.Ref {
		return place.Ref{Kind: kind, Name: name, Attribute: attribute}
	}
	tests := []struct {
		name string
		give string
		want []place.Ref
		err  string
	}{
		{"text only", "plain", nil, ""},
		{"IAM's own variables are text", "${aws:username}", nil, ""},
		{"one", one, []place.Ref{ref("a:A", "x", "one")}, ""},
		{"within text, twice", "a" + one + "b" + many, []place.Ref{ref("a:A", "x", "one"), ref("a:A", "x", "many")}, ""},
		{"names hold slashes", "${slipway:ecs:Service/shop/web#arn}", []place.Ref{ref("ecs:Service", "shop/web", "arn")}, ""},
		{"names hold hashes", "${slipway:a:A/x#1#arn}", []place.Ref{ref("a:A", "x#1", "arn")}, ""},
		{"names hold placeholders", "${slipway:a:A/x-${slipway:aws/self#region}#arn}", []place.Ref{ref("a:A", "x-${slipway:aws/self#region}", "arn")}, ""},
		{"not closed", "a${slipway:a:A/x#arn", nil, "is not closed"},
		{"no attribute", "${slipway:a:A/x}", nil, "is not of the form"},
		{"an empty attribute", "${slipway:a:A/x#}", nil, "is not of the form"},
		{"no name", "${slipway:a:A#arn}", nil, "is not of the form"},
		{"no kind", "${slipway:/x#arn}", nil, "is not of the form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parts, err := place.Parse(tt.give)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			var text strings.Builder
			var refs []place.Ref
			for _, p := range parts {
				text.WriteString(p.Text)
				if p.IsRef {
					require.Equal(t, p.Text, p.Ref.String())
					refs = append(refs, p.Ref)
				}
			}
			require.Equal(t, tt.give, text.String(), "the parts are the whole")
			require.Equal(t, tt.want, refs)
		})
	}
}

func TestResolveText(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name, give, want string
		err              string
	}{
		{"within text", "a-" + one + "-b", "a-v1-b", ""},
		{"what is not known stays", one + later, "v1" + later, ""},
		{"several values need a list", many, "", "has 2 values, and one is needed here"},
		{"an error of the look-up", "${slipway:a:A/x#wrong}", "", "no such output"},
		{"in a document", `{"Resource":"` + one + `/*"}`, `{"Resource":"v1/*"}`, ""},
		{"escaped in a document", `{"Resource":"` + quoted + `"}`, `{"Resource":"a\"b"}`, ""},
		{"not escaped elsewhere", quoted, `a"b`, ""},
		{"several in a list of a document", `{"Resource":["x","` + many + `"]}`, `{"Resource":["x","m1","m2"]}`, ""},
		{"several not in a list of a document", `{"Resource":"` + many + `"}`, "", "outside of a list"},
		{"several within a string of a document", `{"Resource":["x` + many + `"]}`, "", "has 2 values"},
		{"later in a document", `["` + later + `"]`, `["` + later + `"]`, ""},
		{"in user data", encode("echo " + one), encode("echo v1"), ""},
		{"user data without placeholders", encode("echo slipway and nothing more"), encode("echo slipway and nothing more"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := place.Resolve(&tt.give, lookup)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, &tt.want, got)
		})
	}
}

type enum string

// input is like an SDK input.
type input struct {
	Text    *string
	Enum    enum
	List    []string
	Enums   []enum
	Pairs   []pair
	Tags    map[string]string
	Any     any
	When    *time.Time
	Bytes   []byte
	Numbers [2]int
	Nil     *pair
	hidden  int
}

type pair struct{ Name, Value *string }

func TestResolveIsADeepCopy(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	now := time.Now()
	filled := func() *input {
		return &input{
			Text: text(one), Enum: "e", List: []string{"a", many, "b" + one, later}, Enums: []enum{enum(many)},
			Pairs: []pair{{text("n"), text(one)}}, Tags: map[string]string{"k": one, one: "k"}, Any: pair{Name: text(one)},
			When: &now, Bytes: []byte{1}, Numbers: [2]int{1, 2}, hidden: 7,
		}
	}
	give := filled()
	out, err := place.Resolve(give, lookup)
	require.NoError(t, err)
	got, ok := out.(*input)
	require.True(t, ok)
	require.Equal(t, &input{
		Text: text("v1"), Enum: "e", List: []string{"a", "m1", "m2", "bv1", later}, Enums: []enum{"m1", "m2"},
		Pairs: []pair{{text("n"), text("v1")}}, Tags: map[string]string{"k": "v1", "v1": "k"}, Any: pair{Name: text("v1")},
		When: &now, Bytes: []byte{1}, Numbers: [2]int{1, 2}, hidden: 7,
	}, got)
	got.Pairs[0].Name, got.Bytes[0], got.Tags["new"] = nil, 9, "x"
	*got.Text, got.List[0] = "changed", "changed"
	require.Equal(t, filled(), give, "the original is untouched")
}

func TestResolveKeepsNilAndEmpty(t *testing.T) {
	t.Parallel()
	out, err := place.Resolve(&input{List: []string{}, Bytes: []byte{}}, lookup)
	require.NoError(t, err)
	require.Equal(t, &input{List: []string{}, Bytes: []byte{}}, out)
	out, err = place.Resolve(nil, lookup)
	require.NoError(t, err)
	require.Nil(t, out)
}

func TestFind(t *testing.T) {
	t.Parallel()
	refs, err := place.Find(&input{
		List: []string{many, one, many}, Tags: map[string]string{"b": later, "a": quoted},
	})
	require.NoError(t, err)
	var attributes []string
	for _, r := range refs {
		attributes = append(attributes, r.Attribute)
	}
	require.Equal(t, []string{"many", "one", "quoted", "later"}, attributes, "each once, maps by key")
	_, err = place.Find(&input{Enum: "${slipway:x"})
	require.ErrorContains(t, err, "is not closed")
}

// FuzzParse: the parts of whatever parses are the whole, and a placeholder's own
// form parses to itself.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "plain", one, "a" + many + "b", "${slipway:a/${slipway:b/c#d}#e}", "${slipway:", "${}", "${slipway:a/b#c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := place.Parse(s)
		if err != nil {
			return
		}
		var whole strings.Builder
		for _, p := range parts {
			whole.WriteString(p.Text)
			if !p.IsRef {
				continue
			}
			again, err := place.Parse(p.Ref.String())
			require.NoError(t, err)
			require.Equal(t, []place.Part{p}, again)
		}
		require.Equal(t, s, whole.String())
	})
}

// FuzzResolve: whatever the values are, a document stays a document.
func FuzzResolve(f *testing.F) {
	f.Add(`{"Resource":["`+one+`"]}`, `a"b\`)
	f.Add(`["${slipway:a/b#c}"]`, "\x00")
	f.Fuzz(func(t *testing.T, s, value string) {
		out, err := place.Resolve(s, func(place.Ref) ([]string, bool, error) { return []string{value}, true, nil })
		if err != nil {
			return
		}
		text, ok := out.(string)
		require.True(t, ok)
		if json.Valid([]byte(s)) && strings.HasPrefix(s, "{") {
			require.True(t, json.Valid([]byte(text)), "%q", text)
		}
	})
}
