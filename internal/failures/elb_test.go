// SPDX-License-Identifier: Apache-2.0

package failures_test

import "testing"

// elbCases are the cases of this file's area, by id.
var elbCases = map[string]func(t *testing.T, c Case){}
