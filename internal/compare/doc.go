// SPDX-License-Identifier: Apache-2.0

// Package compare measures pushes against other programs. It has tests only:
//
//	SLIPWAY_COMPARE=1 go test -v ./internal/compare
//
// (or =quiet, where nothing else runs, to judge the shortest pushes by their time, too)
// needs crane ("make tools") and skopeo (a package of most distributions) in the PATH.
package compare
