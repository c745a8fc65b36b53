// Package analyze turns the lines and facts of a case into findings.
package analyze
