//go:build tools

// Package languagepython names the program that this module exists to build.
package languagepython

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
