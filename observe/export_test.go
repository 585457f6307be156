// SPDX-License-Identifier: Apache-2.0

package observe

import "io"

// NewTree is what Terminal returns on a terminal.
func NewTree(w io.Writer) Observer { return newTree(w) }
