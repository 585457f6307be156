// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

// where the examples below are published.
const (
	language    = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html"
	constraints = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html"
	retiring    = "https://github.com/aws/containers-roadmap/issues/486"
	osFamily    = "https://github.com/aws/amazon-ecs-agent/pull/3044"
	ecsCLI      = "https://github.com/aws/amazon-ecs-cli/pull/913"
	terraform   = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service"
	windows     = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_windows_AMI.html"
	digdag      = "https://github.com/pro-crafting/digdag-operator-ecs_task"
)

// instance is a g2.2xlarge that runs two tasks, changed.
func instance(change func(*placement.Instance)) *placement.Instance {
	i := &placement.Instance{
		ID: "0123", EC2: "i-abcd1234", AgentConnected: true, AgentVersion: "1.14.4", RegisteredAt: time.Date(2018, 2, 12, 23, 59, 59, 0, time.UTC),
		Attributes: map[string]string{
			placement.InstanceType: "g2.2xlarge", placement.AvailabilityZone: "us-east-1a", placement.OSType: "linux",
			"stack": "prod", "rank": "10", "owner": "John's team", "ecs.capability.task-eni": "",
		},
		Running: 1, Groups: map[string]int{"service:production": 1, "family:cron": 1},
	}
	if change != nil {
		change(i)
	}
	return i
}

func attribute(name, value string) func(*placement.Instance) {
	return func(i *placement.Instance) { i.Attributes[name] = value }
}

func without(name string) func(*placement.Instance) {
	return func(i *placement.Instance) { delete(i.Attributes, name) }
}

func TestPublishedExamples(t *testing.T) {
	t.Parallel()
	kind, zone := func(s string) func(*placement.Instance) { return attribute(placement.InstanceType, s) }, func(s string) func(*placement.Instance) {
		return attribute(placement.AvailabilityZone, s)
	}
	for _, test := range []struct {
		text    string
		yes, no func(*placement.Instance)
		source  string
	}{
		{"attribute:ecs.instance-type == t2.small", kind("t2.small"), nil, language},
		{"attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", zone("us-east-1b"), zone("us-east-1c"), language},
		{"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", nil, zone("us-east-1d"), language},
		{"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", nil, kind("xg2.large"), language},
		{"task:group == service:production", nil, func(i *placement.Instance) { delete(i.Groups, "service:production") }, language},
		{"not(task:group == database)", nil, func(i *placement.Instance) { i.Groups["database"] = 2 }, language},
		{"runningTasksCount == 1", nil, func(i *placement.Instance) { i.Running = 2 }, language},
		{"agentVersion < 1.14.5", nil, func(i *placement.Instance) { i.AgentVersion = "1.14.5" }, language},
		{"agentVersion < 1.14.5", func(i *placement.Instance) { i.AgentVersion = "1.9.0" }, func(i *placement.Instance) { i.AgentVersion = "1.100.0" }, language},
		{"registeredAt < 2018-02-13", nil, func(i *placement.Instance) { i.RegisteredAt = i.RegisteredAt.Add(time.Second) }, language},
		{"ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']", nil, func(i *placement.Instance) { i.EC2 = "i-0" }, language},
		{"attribute:ecs.instance-type == g2.2xlarge", nil, kind("g2.8xlarge"), constraints},
		{"attribute:stack == prod", nil, without("stack"), constraints},
		{"attribute:stack != prod", attribute("stack", "dev"), nil, constraints},
		{"attribute:stack != prod", attribute("stack", ""), without("stack"), constraints},
		{"attribute:ecs.instance-type in [t2.small, t2.medium]", kind("t2.medium"), kind("t2.large"), constraints},
		{"attribute:ecs.instance-type =~ t2.* and attribute:ecs.availability-zone == us-east-1a", kind("t2.micro"), nil, constraints},
		{"attribute:retiring != true", attribute("retiring", "false"), nil, retiring},
		{"attribute:ecs.os-type == linux", nil, attribute(placement.OSType, "windows"), ecsCLI},
		{"attribute:ecs.os-type == invalidOS", attribute(placement.OSType, "invalidOS"), nil, osFamily},
		{"attribute:ecs.os-family == WINDOWS_SERVER_2019_FULL", attribute("ecs.os-family", "WINDOWS_SERVER_2019_FULL"), nil, windows},
		{"attribute:ecs.availability-zone in [us-west-2a, us-west-2b]", zone("us-west-2a"), nil, terraform},
		{"agentVersion > 0", nil, func(i *placement.Instance) { i.AgentVersion = "0.0" }, digdag},
		{"(attribute:ecs.instance-type == t2.small or attribute:ecs.instance-type == t2.medium) and attribute:ecs.availability-zone == us-east-1a", kind("t2.small"), nil, language},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			matches(t, test.text, instance(test.yes), true)
			matches(t, test.text, instance(test.no), false)
		})
	}
}

func matches(t *testing.T, text string, i *placement.Instance, want bool) {
	t.Helper()
	e, err := placement.Parse(text)
	require.NoError(t, err)
	got, err := e.Matches(i)
	require.NoError(t, err)
	require.Equal(t, want, got, text)
}

func TestOperators(t *testing.T) {
	t.Parallel()
	absent := instance(without("stack"))
	for _, test := range []struct {
		text string
		// want is the answer of the instance, of one without the attribute stack.
		want, lacking bool
	}{
		{"attribute:stack equals prod", true, false},
		{"attribute:stack not_equals dev", true, false},
		{"attribute:stack in [dev, prod]", true, false},
		{"attribute:stack !in [dev,test]", true, false},
		{"attribute:stack not_in ['dev', \"test\"]", true, false},
		{"attribute:stack matches p.od", true, false},
		{"attribute:stack =~ pro", false, false},
		{"attribute:stack !~ pro", true, false},
		{"attribute:stack not_matches prod", false, false},
		{"attribute:stack exists", true, false},
		{"attribute:stack !exists", false, true},
		{"attribute:stack not_exists", false, true},
		{"not attribute:stack == prod", false, true},
		{"!(attribute:stack == prod)", false, true},
		{"! attribute:stack exists", false, true},
		{"attribute:stack==prod&&attribute:rank==10", true, false},
		{"attribute:stack==dev||attribute:rank==10", true, true},
		{"attribute:rank greater_than 9", true, true},
		{"attribute:rank >= 10", true, true},
		{"attribute:rank less_than_equal 9.5", false, false},
		{"attribute:stack > 1 or attribute:rank < 11", false, true},
		{"attribute:owner == \"John's team\"", true, true},
		{"attribute:ecs.capability.task-eni exists", true, true},
		{"attribute:ecs.capability.task-eni == ''", true, true},
		{"agentConnected == true", true, true},
		{"agentConnected in [false]", false, false},
		{"agentVersion == 1.14.4.0", true, true},
		{"agentVersion greater_than_equal 1.14", true, true},
		{"registeredAt > 2018-02-12T23:59:58+00:00", true, true},
		{"registeredAt == 2018-02-12T23:59:59Z", true, true},
		{"registeredAt <= 2018-02-12T23:59:59", true, true},
		{"registeredAt != 2018-02-12", true, true},
		{"runningTasksCount less_than 1", false, false},
		{"task:group in [database, family:cron]", true, true},
		{"task:group =~ service:.*", true, true},
		{"task:group =~ service", false, false},
		{"task:group exists", true, true},
		{"ec2InstanceId !~ i-a.*", false, false},
		// Not before and, and before or.
		{"attribute:rank == 10 or attribute:rank == 11 and attribute:rank == 12", true, true},
		{"(attribute:rank == 10 or attribute:rank == 11) and attribute:rank == 12", false, false},
		{"not attribute:rank == 11 and attribute:rank == 12", false, false},
		{"not(not(attribute:rank == 10))", true, true},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(test.text, "stack > 1") {
				matches(t, test.text, instance(nil), test.want)
			}
			matches(t, test.text, absent, test.lacking)
		})
	}
}

func TestWhatIsNotKnownOfAnInstance(t *testing.T) {
	t.Parallel()
	blank := &placement.Instance{}
	for _, text := range []string{"agentVersion < 9", "agentVersion != 9", "registeredAt < 2030-01-01", "task:group exists", "agentConnected == true"} {
		matches(t, text, blank, false)
	}
	for _, text := range []string{"attribute:stack > 1", "agentVersion > 1"} {
		e, err := placement.Parse(text)
		require.NoError(t, err)
		_, err = e.Matches(instance(func(i *placement.Instance) { i.AgentVersion = "1.2-dev" }))
		require.ErrorIs(t, err, placement.ErrNotModelled)
	}
}

func TestFaultsOfExpressions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		column     int
		want       string
	}{
		{"nothing", "", 1, "a subject"},
		{"only blanks", "  ", 3, "a subject"},
		{"no operator", "attribute:x", 12, "want an operator"},
		{"unknown subject", "attr:x == 1", 1, `got subject "attr:x"`},
		{"subject of an attribute without name", "attribute: == 1", 1, `got attribute ""`},
		{"name with a colon", "attribute:a:b == 1", 1, `got attribute "a:b"`},
		{"single equals", "attribute:x = 1", 13, "want an operator"},
		{"no argument", "attribute:x ==", 15, "got the end, want an argument"},
		{"and for an argument", "attribute:x == and attribute:y == 2", 16, "want an argument"},
		{"three equals", "attribute:x === 1", 15, "want an argument"},
		{"two words", "attribute:x == John Doe", 21, "needs quotes"},
		{"in without list", "attribute:x in a", 16, "a list such as [a, b]"},
		{"empty list", "attribute:x in []", 17, "want an argument"},
		{"list without end", "attribute:x in [a b]", 19, "a comma or the end of the list"},
		{"quote without end", "attribute:x == 'a", 16, "never closed"},
		{"parenthesis without end", "(attribute:x == a", 18, "a closing parenthesis"},
		{"parenthesis without beginning", "attribute:x == a)", 17, "the end"},
		{"parentheses in a bare pattern", "attribute:x =~ (a|b)", 16, "want an argument"},
		{"capitals", "attribute:x == a AND attribute:y == b", 18, "and, or"},
		{"exists with an argument", "attribute:x exists a", 20, "and, or"},
		{"counts accents as one", "attribute:x == é b", 18, "and, or"},
		{"order of an ID", "ec2InstanceId > i-1", 1, "cannot be asked >, only == != in !in =~ !~"},
		{"list of versions", "agentVersion in [1.2.3]", 1, "cannot be asked in"},
		{"pattern of a count", "runningTasksCount =~ 1.*", 1, "cannot be asked =~"},
		{"existence of a date", "registeredAt exists", 1, "cannot be asked exists"},
		{"no number", "runningTasksCount == one", 1, "a whole number"},
		{"no version", "agentVersion > latest", 1, "a version such as"},
		{"no date", "registeredAt > yesterday", 1, "a date such as"},
		{"date of another form", "registeredAt > 2018-06-18T22:28:28.5Z", 1, "a date such as"},
		{"closes what it did not open", "attribute:x =~ 'a)(b'", 1, "no pattern"},
		{"no pattern", "attribute:y == 1 and attribute:x =~ *", 22, "no pattern"},
		{"class without end", "attribute:x =~ [a", 1, "]"},
		{"brace that counts nothing", "attribute:x =~ a{,3}", 1, "a count after {"},
		{"backslash at the end", `attribute:x =~ a\`, 1, "after the backslash"},
		{"too long", "attribute:x == " + strings.Repeat("a", 1986), 2001, "got 2001 characters, want at most 2000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := placement.Parse(test.text)
			var fault *placement.Error
			require.ErrorAs(t, err, &fault)
			require.NotErrorIs(t, err, placement.ErrNotModelled)
			require.Contains(t, err.Error(), test.want)
			require.Contains(t, err.Error(), language)
			require.Equal(t, test.column, fault.Column, err.Error())
		})
	}
	_, err := placement.Parse("attribute:x == " + strings.Repeat("a", 1985))
	require.NoError(t, err, "2000 characters")
}

func TestWhatIsNotModelled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text string }{
		{"order of text", "attribute:stack > prod"},
		{"another group", "task:group != database"},
		{"none of groups", "task:group !in [database]"},
		{"no such group", "task:group !~ service:.*"},
		{"order of groups", "task:group > a"},
		{"look ahead", "attribute:x =~ '(?!t2).*'"},
		{"look behind", "attribute:x =~ '.*(?<=a)'"},
		{"atomic group", "attribute:x =~ '(?>a)'"},
		{"flags that differ", "attribute:x =~ '(?U)a'"},
		{"Go's named groups", "attribute:x =~ '(?P<n>a)'"},
		{"back reference", `attribute:x =~ '(a)\1'`},
		{"possessive", "attribute:x =~ a*+"},
		{"possessive count", "attribute:x =~ a{2}+"},
		{"intersection", "attribute:x =~ '[a-z&&b]'"},
		{"class in a class", "attribute:x =~ [a[bc]]"},
		{"quotation in a class", `attribute:x =~ [\Qa\E]`},
		{"posix names", `attribute:x =~ \p{Lower}`},
		{"horizontal blank", `attribute:x =~ \h`},
		{"vertical blank, another in Go", `attribute:x =~ \v`},
		{"text of another alphabet after a backslash", `attribute:x =~ \é`},
		{"count over Go's", "attribute:x =~ a{1001}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := placement.Parse(test.text)
			require.ErrorIs(t, err, placement.ErrNotModelled)
			require.Contains(t, err.Error(), "column 1: not modelled: ")
		})
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, value string
		want           bool
	}{
		{"t2.*", "t2.small", true},
		{"t2", "t2.small", false},
		{"t2.*", "xt2.small", false},
		{"(t2|m4)[.].*", "m4.large", true},
		{"t2|m4.large", "t2.large", false},
		{"[^]a]+", "bc", true},
		{"[]a]", "]", true},
		{`[\]a]{2,}`, "]a", true},
		{`\Qa.b\E+`, "a.bbb", true},
		{`\Qa.b`, "axb", false},
		{`\Qa.b`, "a.b", true},
		{"(?i)PROD", "prod", true},
		{"(?:a|b)*?c", "abac", true},
		{`\d{4}-\w+`, "2018-x_1", true},
		{"a??b", "b", true},
	} {
		matches(t, "attribute:x =~ '"+test.pattern+"'", instance(attribute("x", test.value)), test.want)
	}
}

func TestTheFormOfExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"attribute:a equals b":                                  "attribute:a == b",
		"attribute:a not_in [ b ,'c d' ]":                       "attribute:a !in [b, 'c d']",
		"!attribute:a not_exists":                               "not(attribute:a !exists)",
		"a == 1":                                                "",
		`attribute:a == "it's"`:                                 `attribute:a == "it's"`,
		"attribute:a == 'and'":                                  "attribute:a == 'and'",
		"(attribute:a == 1&&(attribute:b == 2))":                "attribute:a == 1 and attribute:b == 2",
		"attribute:a==1 and(attribute:b==2 and attribute:c==3)": "attribute:a == 1 and (attribute:b == 2 and attribute:c == 3)",
		"(attribute:a==1||attribute:b==2)&&attribute:c==3":      "(attribute:a == 1 or attribute:b == 2) and attribute:c == 3",
	} {
		e, err := placement.Parse(text)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, e.String())
	}
}

// FuzzParse: no text makes the parser panic, and what it writes it reads as the same
// tree, which answers the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", "not(task:group == database)",
		"ec2InstanceId in ['i-abcd1234', \"i-wxyx7890\"]", "registeredAt < 2018-02-13", "agentVersion < 1.14.5||runningTasksCount==1",
		"attribute:a !exists or (attribute:b not_in [a,b] and !attribute:c > 5)", `attribute:x =~ '(?i)[^\]a]{2,}|\Qa\E'`, "\xff", "attribute:x == \xff", "((((", "!!!!",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := placement.Parse(text)
		if err != nil {
			var fault *placement.Error
			require.ErrorAs(t, err, &fault)
			require.Positive(t, fault.Column)
			return
		}
		if utf8.RuneCountInString(e.String()) > placement.MaxExpression {
			return
		}
		again, err := placement.Parse(e.String())
		require.NoError(t, err, e.String())
		require.Equal(t, e.Tree(), again.Tree())
		got, errGot := e.Matches(instance(nil))
		same, errSame := again.Matches(instance(nil))
		require.Equal(t, got, same)
		require.Equal(t, errGot, errSame)
	})
}
