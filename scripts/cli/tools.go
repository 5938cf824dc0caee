//go:build tools

// Package cli names the program that this module exists to build.
package cli

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
