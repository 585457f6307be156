// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// containerRules look at each container by itself and at the names among them.
var containerRules = []taskRule{
	{Meta: rules.Meta{
		ID: "ecs-container-name-empty", Code: clientException, Doc: docContainer,
		Text: "Container.name should not be null or empty.",
	}, Check: containers(containerNameEmpty)},
	{Meta: rules.Meta{
		ID: "ecs-container-name", Code: clientException, Doc: docContainer,
		Text: "Container.name contains invalid characters.",
	}, Check: containers(containerName)},
	{Meta: rules.Meta{
		ID: "ecs-container-name-unique", Code: clientException, Doc: "https://github.com/metaps/genova/issues/291",
		Text: "Container names must be unique within a Task Definition.",
	}, Check: uniqueContainers},
	{Meta: rules.Meta{
		ID: "ecs-container-image", Code: clientException, Doc: docContainer,
		Text: "Container.image should not be null or empty.",
	}, Check: containers(containerImage)},
	{Meta: rules.Meta{
		ID: "ecs-essential", Code: clientException, Doc: docContainer,
		Text: "At least one container must be essential.",
	}, Check: someEssential},
	{Meta: rules.Meta{
		ID: "ecs-depends-on", Code: clientException, Doc: "https://github.com/eagletmt/hako/pull/99",
	}, Check: dependencies},
	{Meta: rules.Meta{
		ID: "ecs-depends-on-condition", Code: clientException, Doc: api + "API_ContainerDependency.html",
	}, Check: dependencyConditions},
	{Meta: rules.Meta{
		ID: "ecs-depends-on-essential", Code: clientException, Doc: "https://github.com/boto/boto3/issues/2436",
		Text: "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
	}, Check: essentialDependencies},
	{Meta: rules.Meta{
		ID: "ecs-depends-on-healthy", Code: clientException, Doc: api + "API_ContainerDependency.html",
	}, Check: healthyDependencies},
	{Meta: rules.Meta{
		ID: "ecs-depends-on-cycle", Code: clientException, Doc: api + "API_ContainerDependency.html",
	}, Check: dependencyCycle},
	{Meta: rules.Meta{ID: "ecs-restart-policy", Code: clientException, Doc: api + "API_ContainerRestartPolicy.html"}, Check: containers(restartPolicy)},
	{Meta: rules.Meta{ID: "ecs-ulimit", Code: clientException, Doc: api + "API_Ulimit.html"}, Check: containers(ulimits)},
	{Meta: rules.Meta{
		ID: "ecs-environment-files", Code: clientException, Doc: api + "API_EnvironmentFile.html",
		Text: "The maximum number of environment files was exceeded. Specify ten or less and try again.",
	}, Check: containers(environmentFileCount)},
	{Meta: rules.Meta{ID: "ecs-environment-file", Code: clientException, Doc: api + "API_EnvironmentFile.html"}, Check: containers(environmentFiles)},
	{Meta: rules.Meta{
		ID: "ecs-environment-unique", Code: clientException, Doc: api + "API_KeyValuePair.html", Warn: true,
	}, Check: containers(environmentNames)},
	{Meta: rules.Meta{ID: "ecs-secret", Code: clientException, Doc: api + "API_Secret.html"}, Check: containers(secrets)},
	{Meta: rules.Meta{
		ID: "ecs-secret-unique", Code: clientException, Doc: "https://github.com/CircleCI-Public/aws-ecs-orb/issues/190",
	}, Check: containers(secretNames)},
	{Meta: rules.Meta{
		ID: "ecs-secret-variable", Code: clientException, Doc: "https://github.com/dagster-io/dagster/issues/11622",
	}, Check: containers(secretVariables)},
}

var containerPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

func containerNameEmpty(r *rules.Report, path string, c *container) {
	if value(c.Name) == "" {
		r.Add(rules.Problem{Path: path + ".Name", Got: "none", Want: "a name"})
	}
}

func containerName(r *rules.Report, path string, c *container) {
	if n := value(c.Name); n != "" && !containerPattern.MatchString(n) {
		r.Add(rules.Problem{Path: path + ".Name", Got: quote(n), Want: "up to 255 letters, digits, hyphens and underscores"})
	}
}

func uniqueContainers(r *rules.Report, in *task) {
	seen := map[string]bool{}
	containers(func(r *rules.Report, path string, c *container) {
		if n := value(c.Name); n != "" && seen[n] {
			r.Add(rules.Problem{Path: path + ".Name", Got: quote(n) + " twice", Want: "each name once"})
		}
		seen[value(c.Name)] = true
	})(r, in)
}

func containerImage(r *rules.Report, path string, c *container) {
	if value(c.Image) == "" {
		r.Add(rules.Problem{Path: path + ".Image", Got: "none", Want: "an image"})
	}
}

func essential(c *container) bool { return c.Essential == nil || *c.Essential }

func someEssential(r *rules.Report, in *task) {
	for i := range in.ContainerDefinitions {
		if essential(&in.ContainerDefinitions[i]) {
			return
		}
	}
	if len(in.ContainerDefinitions) > 0 {
		r.Add(rules.Problem{Path: "ContainerDefinitions", Got: "no essential container", Want: "at least one"})
	}
}

// The bounds of restart policies.
const (
	minRestartPeriod  = 60
	maxRestartPeriod  = 1800
	maxIgnoredCodes   = 50
	maxEnvironmentEtc = 10
)

func restartPolicy(r *rules.Report, path string, c *container) {
	if c.RestartPolicy == nil {
		return
	}
	path += ".RestartPolicy"
	between(r, path+".RestartAttemptPeriod", c.RestartPolicy.RestartAttemptPeriod, minRestartPeriod, maxRestartPeriod, "s",
		fmt.Sprintf("The 'restartAttemptPeriod' setting for container '%s' must be between %d and %d.",
			value(c.Name), minRestartPeriod, maxRestartPeriod))
	if n := len(c.RestartPolicy.IgnoredExitCodes); n > maxIgnoredCodes {
		r.Add(rules.Problem{Path: path + ".IgnoredExitCodes", Got: count(n, "code"), Want: "at most 50"})
	}
}

func ulimits(r *rules.Report, path string, c *container) {
	for i := range c.Ulimits {
		u := &c.Ulimits[i]
		name := string(u.Name)
		if u.SoftLimit > u.HardLimit && u.HardLimit >= 0 {
			r.Add(rules.Problem{
				Path: rules.Elem(path+".Ulimits", &name, i), Got: fmt.Sprintf("soft limit %d", u.SoftLimit),
				Want: fmt.Sprintf("at most the hard limit, %d", u.HardLimit),
				Text: "Soft limit exceeds hard limit for ulimit " + name,
			})
		}
	}
}

func environmentFileCount(r *rules.Report, path string, c *container) {
	if n := len(c.EnvironmentFiles); n > maxEnvironmentEtc {
		r.Add(rules.Problem{Path: path + ".EnvironmentFiles", Got: count(n, "file"), Want: "at most 10"})
	}
}

func environmentFiles(r *rules.Report, path string, c *container) {
	for i := range c.EnvironmentFiles {
		f := value(c.EnvironmentFiles[i].Value)
		if !slipway.HasRef(f) && (!strings.HasPrefix(f, "arn:") || !strings.Contains(f, ":s3:::") || !strings.HasSuffix(f, ".env")) {
			r.Add(rules.Problem{
				Path: rules.Elem(path+".EnvironmentFiles", nil, i) + ".Value", Got: quote(f),
				Want: "the ARN of an S3 object whose name ends in .env", Text: "Invalid arn syntax.",
			})
		}
	}
}

// environmentNames warns of a variable that is set twice.
func environmentNames(r *rules.Report, path string, c *container) {
	seen := map[string]bool{}
	for i, e := range c.Environment {
		if seen[value(e.Name)] {
			r.Add(rules.Problem{Path: rules.Elem(path+".Environment", e.Name, i), Got: "the name twice", Want: "each name once"})
		}
		seen[value(e.Name)] = true
	}
}

func secrets(r *rules.Report, path string, c *container) {
	for i, s := range c.Secrets {
		if value(s.Name) == "" || value(s.ValueFrom) == "" {
			r.Add(rules.Problem{Path: rules.Elem(path+".Secrets", s.Name, i), Got: "no name or no ValueFrom", Want: "both"})
		}
	}
}

func secretNames(r *rules.Report, path string, c *container) {
	seen := map[string]bool{}
	for i, s := range c.Secrets {
		if name := value(s.Name); name != "" && seen[name] {
			r.Add(rules.Problem{
				Path: rules.Elem(path+".Secrets", s.Name, i), Got: quote(name) + " twice", Want: "each name once",
				Text: "Duplicate secret names found: " + name + ". Each secret name must be unique.",
			})
		}
		seen[value(s.Name)] = true
	}
}

func secretVariables(r *rules.Report, path string, c *container) {
	for i, s := range c.Secrets {
		taken := slices.ContainsFunc(c.Environment, func(e ecstypes.KeyValuePair) bool { return value(e.Name) == value(s.Name) })
		if taken && value(s.Name) != "" {
			r.Add(rules.Problem{
				Path: rules.Elem(path+".Secrets", s.Name, i), Got: quote(*s.Name) + " as a variable too", Want: "each name once, among variables and secrets",
				Text: "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '" + *s.Name + "'.",
			})
		}
	}
}

// find returns the container of that name.
func find(in *task, name string) (*container, bool) {
	for i := range in.ContainerDefinitions {
		if value(in.ContainerDefinitions[i].Name) == name {
			return &in.ContainerDefinitions[i], true
		}
	}
	return nil, false
}

// eachDependency calls check for what each container depends on; target is nil if
// there is no such container.
func eachDependency(in *task, check func(path string, d ecstypes.ContainerDependency, target *container)) {
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		path := rules.Elem("ContainerDefinitions", c.Name, i) + ".DependsOn"
		for j, d := range c.DependsOn {
			target, _ := find(in, value(d.ContainerName))
			check(rules.Elem(path, d.ContainerName, j), d, target)
		}
	}
}

func dependencies(r *rules.Report, in *task) {
	eachDependency(in, func(path string, d ecstypes.ContainerDependency, target *container) {
		if target == nil {
			r.Add(rules.Problem{
				Path: path, Got: quote(value(d.ContainerName)), Want: "a container of this task definition",
				Text: fmt.Sprintf("Cannot depend on container + '%s' because it does not exist", value(d.ContainerName)),
			})
		}
	})
}

func dependencyConditions(r *rules.Report, in *task) {
	eachDependency(in, func(path string, d ecstypes.ContainerDependency, _ *container) {
		if !slices.Contains(d.Condition.Values(), d.Condition) {
			r.Add(rules.Problem{Path: path + ".Condition", Got: quote(string(d.Condition)), Want: "START, COMPLETE, SUCCESS or HEALTHY"})
		}
	})
}

func essentialDependencies(r *rules.Report, in *task) {
	eachDependency(in, func(path string, d ecstypes.ContainerDependency, target *container) {
		ends := d.Condition == ecstypes.ContainerConditionSuccess || d.Condition == ecstypes.ContainerConditionComplete
		if ends && target != nil && essential(target) {
			r.Add(rules.Problem{
				Path: path + ".Condition", Got: string(d.Condition) + " of an essential container",
				Want: "a container that is not essential: the task ends with one that is",
			})
		}
	})
}

func healthyDependencies(r *rules.Report, in *task) {
	eachDependency(in, func(path string, d ecstypes.ContainerDependency, target *container) {
		if d.Condition == ecstypes.ContainerConditionHealthy && target != nil && target.HealthCheck == nil {
			r.Add(rules.Problem{
				Path: path + ".Condition", Got: "HEALTHY of a container without health check", Want: "a health check on that container",
				Text: fmt.Sprintf("The container '%s' must have a health check for the HEALTHY condition.", value(target.Name)),
			})
		}
	})
}

// dependencyCycle reports the first container that waits for itself. Whatever ECS
// says to it, such a task cannot start.
func dependencyCycle(r *rules.Report, in *task) {
	for i := range in.ContainerDefinitions {
		c := &in.ContainerDefinitions[i]
		if loop := waitsFor(in, c, value(c.Name), nil); loop != nil {
			r.Add(rules.Problem{
				Path: rules.Elem("ContainerDefinitions", c.Name, i) + ".DependsOn", Got: strings.Join(loop, " -> "), Want: "no cycle",
				Text: "Container dependencies contain a cycle.",
			})
			return
		}
	}
}

// waitsFor returns the way from c to the container of that name, if there is one.
func waitsFor(in *task, c *container, name string, way []string) []string {
	way = append(slices.Clip(way), value(c.Name))
	if len(way) > len(in.ContainerDefinitions) {
		return nil
	}
	for _, d := range c.DependsOn {
		if value(d.ContainerName) == name {
			return append(way, name)
		}
		if next, ok := find(in, value(d.ContainerName)); ok {
			if loop := waitsFor(in, next, name, way); loop != nil {
				return loop
			}
		}
	}
	return nil
}
