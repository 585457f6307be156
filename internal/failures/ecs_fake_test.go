// SPDX-License-Identifier: Apache-2.0

package failures_test

import "testing"

// ecsFakeCases are the cases of this file's area, by id.
var ecsFakeCases = map[string]func(t *testing.T, c Case){}
