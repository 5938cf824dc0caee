//go:build tools

// Package actionlint names the program that this module exists to build.
package actionlint

import _ "github.com/rhysd/actionlint/cmd/actionlint"
