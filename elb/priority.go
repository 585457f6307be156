// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	highestPriority = 50000 // AWS's last place
	vaguest         = 40000 // where the search begins for a rule that matches all
	perCharacter    = 100   // places between paths of different length
	perCondition    = 5000  // places between rules with more or fewer conditions
	priorityTries   = 50
)

// preferred is where the search for a rule's place begins: the more a rule asks
// for, the earlier, so that "/api/*" is not hidden by "/*" whichever was made
// first.
func preferred(in *awselb.CreateRuleInput) int32 {
	longest, others := 0, 0
	for _, c := range in.Conditions {
		if c.PathPatternConfig == nil {
			others++
			continue
		}
		for _, p := range c.PathPatternConfig.Values {
			literal, _, _ := strings.Cut(strings.ReplaceAll(p, "?", "*"), "*")
			longest = max(longest, len(literal))
		}
	}
	place := vaguest - perCharacter*min(longest, 128) - perCondition*min(others, 5)
	return int32(max(place, 1))
}

// freePriority returns the first free place from the preferred one on.
func freePriority(rules []elbtypes.Rule, from int32) int32 {
	var taken []int32
	for _, r := range rules {
		if p, err := strconv.ParseInt(aws.ToString(r.Priority), 10, 32); err == nil {
			taken = append(taken, int32(p))
		}
	}
	for p := from; p < highestPriority; p++ {
		if !slices.Contains(taken, p) {
			return p
		}
	}
	return highestPriority
}
