// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// version is that of an agent, without zeros at its end: 1.14 is 1.14.0.
type version = []int

func parseVersion(s string) (version, error) {
	var v version
	for part := range strings.SplitSeq(strings.TrimPrefix(s, "v"), ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("%w: agent version %q, want numbers with dots", ErrNotModelled, s)
		}
		v = append(v, int(n))
	}
	for len(v) > 0 && v[len(v)-1] == 0 {
		v = v[:len(v)-1]
	}
	return v, nil
}

// dates are the forms that AWS lists; those without a zone are taken as UTC.
var dates = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02"}

func parseDate(s string) (time.Time, error) {
	for _, form := range dates {
		// Parse takes fractions of seconds that the form does not have.
		if t, err := time.Parse(form, s); err == nil && !strings.ContainsAny(s, ".,") {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("got date %q, want one like 2018-06-18T22:28:28Z or 2018-06-18", s)
}
