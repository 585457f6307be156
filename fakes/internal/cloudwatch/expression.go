// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/scanner"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// formula is metric math as far as it is modelled: arithmetic over the values of one
// period, and FILL with a number. A value that is missing makes all missing that is
// computed from it, and so does a division by zero.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
type formula func(values map[string]float64) (v float64, ok bool)

// formulaOf parses an expression, and tells the ids in it; nil is one that is not modelled.
func formulaOf(expression string) (f formula, ids []string) {
	p := &parser{}
	p.Init(strings.NewReader(expression))
	p.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats
	p.Error = func(*scanner.Scanner, string) { p.bad = true }
	p.next()
	f = p.sum()
	if p.bad || p.token != scanner.EOF {
		return nil, nil
	}
	return f, p.ids
}

type parser struct {
	scanner.Scanner
	token rune
	bad   bool
	ids   []string
}

func (p *parser) next() { p.token = p.Scan() }

// take goes on if the token is the one that is asked for.
func (p *parser) take(token rune) bool {
	if p.token != token {
		return false
	}
	p.next()
	return true
}

func (p *parser) sum() formula {
	f := p.product()
	for {
		switch {
		case p.take('+'):
			f = both(f, p.product(), func(a, b float64) float64 { return a + b })
		case p.take('-'):
			f = both(f, p.product(), func(a, b float64) float64 { return a - b })
		default:
			return f
		}
	}
}

func (p *parser) product() formula {
	f := p.factor()
	for {
		switch {
		case p.take('*'):
			f = both(f, p.factor(), func(a, b float64) float64 { return a * b })
		case p.take('/'):
			f = both(f, p.factor(), func(a, b float64) float64 { return a / b })
		default:
			return f
		}
	}
}

func (p *parser) factor() formula {
	switch {
	case p.take('-'):
		return both(constant(0), p.factor(), func(a, b float64) float64 { return a - b })
	case p.take('('):
		f := p.sum()
		p.bad = p.bad || !p.take(')')
		return f
	case p.token == scanner.Int || p.token == scanner.Float:
		return constant(p.number())
	case p.token == scanner.Ident && p.TokenText() == "FILL":
		return p.fill()
	case p.token == scanner.Ident:
		id := p.TokenText()
		p.ids = append(p.ids, id)
		p.next()
		return func(values map[string]float64) (float64, bool) { v, ok := values[id]; return v, ok }
	}
	p.bad = true
	return constant(0)
}

func (p *parser) number() float64 {
	v, err := strconv.ParseFloat(p.TokenText(), 64)
	p.bad = p.bad || err != nil
	p.next()
	return v
}

// fill is FILL(expression, number).
func (p *parser) fill() formula {
	p.next()
	p.bad = p.bad || !p.take('(')
	f := p.sum()
	p.bad = p.bad || !p.take(',') || p.token != scanner.Int && p.token != scanner.Float
	missing := p.number()
	p.bad = p.bad || !p.take(')')
	return func(values map[string]float64) (float64, bool) {
		if v, ok := f(values); ok {
			return v, true
		}
		return missing, true
	}
}

func constant(v float64) formula { return func(map[string]float64) (float64, bool) { return v, true } }

func both(a, b formula, compute func(a, b float64) float64) formula {
	return func(values map[string]float64) (float64, bool) {
		x, one := a(values)
		y, two := b(values)
		v := compute(x, y)
		return v, one && two && !math.IsNaN(v) && !math.IsInf(v, 0)
	}
}

// queries are the metrics of an alarm on an expression, and the expression that it is on.
// One that is on a metric among them is on its id.
func queries(all []cwtypes.MetricDataQuery) (metrics []cwtypes.MetricDataQuery, expression string) {
	id := ""
	for _, q := range all {
		returned := q.ReturnData == nil || *q.ReturnData
		switch {
		case q.MetricStat != nil && q.MetricStat.Metric != nil:
			metrics = append(metrics, q)
			if returned {
				id = aws.ToString(q.Id)
			}
		case returned:
			expression = aws.ToString(q.Expression)
		}
	}
	return metrics, cmp.Or(expression, id)
}

// computable is an error for an alarm on an expression that is not modelled.
func computable(all []cwtypes.MetricDataQuery) error {
	if len(all) == 0 {
		return nil
	}
	metrics, expression := queries(all)
	f, ids := formulaOf(expression)
	if f == nil {
		return sim.NotModelled("alarms on the expression %q are not modelled: arithmetic over metrics is, and FILL with a number", expression)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(metrics, func(q cwtypes.MetricDataQuery) bool { return aws.ToString(q.Id) == id }) {
			return sim.NotModelled("alarms on the expression %q are not modelled: %s is none of its metrics", expression, id)
		}
	}
	return nil
}
