// SPDX-License-Identifier: Apache-2.0

package diff_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/diff"
)

// input is like an SDK input.
type input struct {
	Name     *string
	Mode     mode
	Size     *int32
	Fast     *bool
	Count    int32
	List     []string
	Set      []string
	Pairs    []pair
	Sets     []pair
	Elems    []pair
	Tags     map[string]string
	Docs     map[string]string
	Document *string
	Inner    *inner
	When     *time.Time
	Bytes    []byte
	Any      any
	Password *string
	hidden   int
}

type mode string

type inner struct {
	A, B *string
	Deep *inner
}

type pair struct{ Name, Value *string }

var options = diff.Options{
	Keys: map[string]string{"Pairs": "Name"}, Sets: []string{"Set", "Sets"},
	Documents: []string{"Document", "Docs"}, Ignore: []string{"Inner.B", "Tags.ignored"},
}

func TestCompare(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	berlin := noon.In(time.FixedZone("CET", 3600))
	later := noon.Add(time.Hour)
	tests := []struct {
		name       string
		have, want input
		changes    []string // path: old -> new
	}{
		{"nothing", input{}, input{}, nil},
		{"nil is unmanaged", input{Name: new("a"), Size: new(int32(1)), List: []string{"a"}, Tags: map[string]string{"k": "v"}, Inner: &inner{A: new("x")}}, input{}, nil},
		{"an empty enumeration is unmanaged", input{Mode: "on"}, input{}, nil},
		{"an enumeration", input{Mode: "on"}, input{Mode: "off"}, []string{`Mode: "on" -> "off"`}},
		{"a string", input{Name: new("a")}, input{Name: new("b")}, []string{`Name: "a" -> "b"`}},
		{"a string that is absent", input{}, input{Name: new("b")}, []string{`Name:  -> "b"`}},
		{"an empty string and none are the same", input{}, input{Name: new("")}, nil},
		{"a string is emptied", input{Name: new("a")}, input{Name: new("")}, []string{`Name: "a" -> ""`}},
		{"a number", input{Size: new(int32(1))}, input{Size: new(int32(2))}, []string{"Size: 1 -> 2"}},
		{"zero is not absent", input{}, input{Size: new(int32(0))}, []string{"Size:  -> 0"}},
		{"false is not absent", input{}, input{Fast: &no}, []string{"Fast:  -> false"}},
		{"a bool", input{Fast: &no}, input{Fast: &yes}, []string{"Fast: false -> true"}},
		{"a plain number cannot be absent", input{Count: 2}, input{}, []string{"Count: 2 -> 0"}},
		{"an empty list and none are the same", input{}, input{List: []string{}, Pairs: []pair{}, Tags: map[string]string{}}, nil},
		{"a list is emptied", input{List: []string{"a"}}, input{List: []string{}}, []string{`List: ["a"] -> []`}},
		{"a list has an order", input{List: []string{"a", "b"}}, input{List: []string{"b", "a"}}, []string{`List: ["a", "b"] -> ["b", "a"]`}},
		{"a set has none", input{Set: []string{"a", "b"}}, input{Set: []string{"b", "a", "a"}}, nil},
		{"a set loses and gains", input{Set: []string{"a", "b"}}, input{Set: []string{"b", "c"}}, []string{`Set: ["a", "b"] -> ["b", "c"]`}},
		{"a set of structs", input{Sets: []pair{{new("a"), new("1")}, {new("b"), new("2")}}}, input{Sets: []pair{{new("b"), new("2")}, {new("a"), new("3")}}}, []string{
			`Sets[1]:  -> {Name: "a", Value: "3"}`, `Sets[0]: {Name: "a", Value: "1"} -> `,
		}},
		{"a keyed list has no order", input{Pairs: []pair{{new("a"), new("1")}, {new("b"), new("2")}}}, input{Pairs: []pair{{new("b"), new("2")}, {new("a"), new("1")}}}, nil},
		{"keyed elements", input{Pairs: []pair{{new("a"), new("1")}, {new("b"), new("2")}}}, input{Pairs: []pair{{new("c"), new("3")}, {new("a"), new("4")}}}, []string{
			`Pairs[c]:  -> {Name: "c", Value: "3"}`, `Pairs[a].Value: "1" -> "4"`, `Pairs[b]: {Name: "b", Value: "2"} -> `,
		}},
		{"what is nil in an element is unmanaged", input{Pairs: []pair{{new("a"), new("1")}}}, input{Pairs: []pair{{new("a"), nil}}}, nil},
		{"elements by position", input{Elems: []pair{{new("a"), new("1")}, {new("b"), nil}}}, input{Elems: []pair{{new("a"), new("2")}}}, []string{
			`Elems[0].Value: "1" -> "2"`, `Elems[1]: {Name: "b"} -> `,
		}},
		{"a map", input{Tags: map[string]string{"a": "1", "b": "2", "z": "3"}}, input{Tags: map[string]string{"a": "1", "b": "", "c": "4"}}, []string{
			`Tags[b]: "2" -> ""`, `Tags[c]:  -> "4"`, `Tags[z]: "3" -> `,
		}},
		{"a map's entry is ignored", input{Tags: map[string]string{"ignored": "1"}}, input{Tags: map[string]string{}}, nil},
		{"documents mean what they say", input{Document: new(`{"a":1,"b":[2]}`)}, input{Document: new(`{ "b": [2], "a": 1 }`)}, nil},
		{"documents differ", input{Document: new(`{"a":1}`)}, input{Document: new(`{"a":2,"secretKey":"x"}`)}, []string{`Document: {a: 1} -> {a: 2, secretKey: ***}`}},
		{"what is no document is text", input{Document: new(`{`)}, input{Document: new(`{ `)}, []string{`Document: "{" -> "{ "`}},
		{"documents in a map", input{Docs: map[string]string{"p": `{"a":1}`}}, input{Docs: map[string]string{"p": `{ "a": 1 }`}}, nil},
		{"an inner struct", input{Inner: &inner{A: new("x"), B: new("y")}}, input{Inner: &inner{A: new("z"), B: new("ignored")}}, []string{`Inner.A: "x" -> "z"`}},
		{"an inner struct that is absent", input{}, input{Inner: &inner{Deep: &inner{A: new("z")}}}, []string{`Inner.Deep.A:  -> "z"`}},
		{"the same time elsewhere", input{When: &noon}, input{When: &berlin}, nil},
		{"another time", input{When: &noon}, input{When: &later}, []string{"When: 2026-01-02T12:00:00Z -> 2026-01-02T13:00:00Z"}},
		{"bytes", input{Bytes: []byte("ab")}, input{Bytes: []byte("abc")}, []string{"Bytes: 2 bytes -> 3 bytes"}},
		{"an interface of another type", input{Any: pair{}}, input{Any: inner{A: new("x")}}, []string{`Any: {} -> {A: "x"}`}},
		{"within an interface", input{Any: pair{Name: new("a")}}, input{Any: pair{Name: new("b")}}, []string{`Any.Name: "a" -> "b"`}},
		{"unexported fields are nobody's", input{hidden: 1}, input{hidden: 2}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range diff.Compare(&tt.have, &tt.want, options) {
				got = append(got, c.Path+": "+c.Old+" -> "+c.New)
			}
			require.Equal(t, tt.changes, got)
		})
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		have, want input
		changes    []string
	}{
		{"by the field's name", input{Password: new("old")}, input{Password: new("new")}, []string{"Password: *** -> ***"}},
		{"by the pair's name", input{Pairs: []pair{{new("API_TOKEN"), new("old")}}}, input{Pairs: []pair{{new("API_TOKEN"), new("new")}}}, []string{"Pairs[API_TOKEN].Value: *** -> ***"}},
		{"in an added pair", input{}, input{Pairs: []pair{{new("API_TOKEN"), new("new")}}}, []string{`Pairs[API_TOKEN]:  -> {Name: "API_TOKEN", Value: ***}`}},
		{"by the map's key", input{}, input{Tags: map[string]string{"db.password": "new"}}, []string{"Tags[db.password]:  -> ***"}},
		{"a reference is no secret", input{}, input{Password: new("arn:aws:secretsmanager:eu-central-1:1:secret:x")}, []string{`Password:  -> "arn:aws:secretsmanager:eu-central-1:1:secret:x"`}},
		{"in a URL", input{}, input{Name: new("postgres://me:hunter2@db/x")}, []string{`Name:  -> "postgres://me:***@db/x"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range diff.Compare(&tt.have, &tt.want, options) {
				got = append(got, c.Path+": "+c.Old+" -> "+c.New)
			}
			require.Equal(t, tt.changes, got)
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	yes := true
	text := func(v string) *string { return &v }
	tests := []struct {
		name    string
		want    input
		changes []string // path: value
	}{
		{"nothing is set", input{}, nil},
		{"zeroes are not set", input{Mode: "", Count: 0, List: []string{}, Tags: map[string]string{}}, nil},
		{"scalars, in the order of the fields", input{Fast: &yes, Name: text("a"), Count: 2}, []string{`Name: "a"`, "Fast: true", "Count: 2"}},
		{"a list as a whole", input{List: []string{"b", "a"}}, []string{`List: ["b", "a"]`}},
		{"inner structs by field", input{Inner: &inner{Deep: &inner{A: text("x")}}}, []string{`Inner.Deep.A: "x"`}},
		{"what is ignored is not told", input{Inner: &inner{B: text("x")}}, nil},
		{"named elements by field, without the name", input{Pairs: []pair{{text("a"), text("1")}}}, []string{`Pairs[a].Value: "1"`}},
		{"other elements as a whole", input{Elems: []pair{{text("a"), text("1")}}}, []string{`Elems[0]: {Name: "a", Value: "1"}`}},
		{"secrets are masked", input{
			Password: text("x"), Pairs: []pair{{text("API_TOKEN"), text("x")}}, Elems: []pair{{text("API_TOKEN"), text("x")}},
		}, []string{"Pairs[API_TOKEN].Value: ***", `Elems[0]: {Name: "API_TOKEN", Value: ***}`, "Password: ***"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range diff.Describe(&tt.want, options) {
				require.Empty(t, c.Old)
				got = append(got, c.Path+": "+c.New)
			}
			require.Equal(t, tt.changes, got)
		})
	}
	require.Len(t, options.Ignore, 2, "the options stay as they are")
	require.Empty(t, diff.Describe((*input)(nil), options))
}

func TestFieldsAndUnknown(t *testing.T) {
	t.Parallel()
	have := input{Pairs: []pair{{new("a"), new("1")}}, Tags: map[string]string{}}
	want := input{
		Pairs: []pair{{new("a"), new("${slipway:a/b#c}")}}, Tags: map[string]string{"x.y": "1"}, List: []string{"${slipway:a/b#c}"},
	}
	got := diff.Compare(&have, &want, options)
	require.Len(t, got, 3)
	require.Equal(t, "List", got[0].Field)
	require.True(t, got[0].Unknown)
	require.Equal(t, "Pairs.Value", got[1].Field, "without the element's name")
	require.True(t, got[1].Unknown)
	require.Equal(t, "Tags.x.y", got[2].Field, "with the map's key")
	require.False(t, got[2].Unknown)
}

// FuzzCompare: a state never differs from itself, and comparing never panics.
func FuzzCompare(f *testing.F) {
	f.Add([]byte(`{"Name":"a","List":["b"],"Pairs":[{"Name":"x","Value":"1"}]}`), []byte(`{"Tags":{"a":"b"},"Document":"{}"}`))
	f.Add([]byte(`{"Any":{"a":[1,null]},"Inner":{"Deep":{"A":"x"}}}`), []byte(`{"Any":[1]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var have, want input
		if json.Unmarshal(a, &have) != nil || json.Unmarshal(b, &want) != nil {
			return
		}
		require.Empty(t, diff.Compare(&have, &have, options))
		first := diff.Compare(&have, &want, options)
		require.Equal(t, first, diff.Compare(&have, &want, options), "the same each time")
	})
}

func BenchmarkCompare(b *testing.B) {
	have := input{Pairs: make([]pair, 50)}
	for i := range have.Pairs {
		have.Pairs[i] = pair{new(string(rune('a' + i))), new("v")}
	}
	b.ReportAllocs()
	for b.Loop() {
		diff.Compare(&have, &have, options)
	}
}
