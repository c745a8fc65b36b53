package report

import (
	"encoding/json"
	"io"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/side"
)

// Schema writes the JSON Schema (2020-12) of a report. It allows fields that
// it does not name, because a later release may add some.
func Schema(w io.Writer) error {
	s, err := jsonschema.For[analyze.Report](&jsonschema.ForOptions{TypeSchemas: enums()})
	if err != nil {
		return err
	}
	loosen(s)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = analyze.Schema
	s.Description = "What eksleuth says about the log bundle of one EKS node."
	s.Properties["schema"].Const = jsonschema.Ptr[any](analyze.Schema)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// enums are the types that allow only some words.
func enums() map[reflect.Type]*jsonschema.Schema {
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[analyze.Severity]():    enum(analyze.Critical, analyze.High, analyze.Medium, analyze.Low, analyze.Info),
		reflect.TypeFor[analyze.Kind]():        enum(analyze.FromLog, analyze.FromState, analyze.FromAbsence),
		reflect.TypeFor[analyze.Outcome]():     enum(analyze.Found, analyze.Clear, analyze.NoData, analyze.Failed),
		reflect.TypeFor[analyze.Safety]():      enum(analyze.Green, analyze.Yellow, analyze.Red),
		reflect.TypeFor[coverage.State]():      enum(coverage.Present, coverage.Empty, coverage.Refused, coverage.Undecoded, coverage.Cut, coverage.Skipped, coverage.Missing),
		reflect.TypeFor[coverage.Name]():       enum("", coverage.Script, coverage.Agent, coverage.Logdog),
		reflect.TypeFor[coverage.Begin]():      enum("", coverage.AtLimit, coverage.AtSize, coverage.Dropped),
		reflect.TypeFor[side.Match]():          enum(side.Same, side.Only, side.Other, side.Part, side.Several, side.None, side.Log),
		reflect.TypeFor[imds.State]():          enum(imds.Failing, imds.Working, imds.Unknown),
		reflect.TypeFor[imds.Class]():          enum(append([]imds.Class{""}, imds.Classes...)...),
		reflect.TypeFor[imds.Says]():           enum(imds.Root, imds.Contributing, imds.Possible, imds.Latent, imds.NoSign, imds.RuledOut, imds.Unjudged),
		reflect.TypeFor[imds.Network]():        enum(imds.OfHost, imds.Own, imds.Either),
		reflect.TypeFor[imds.Kind]():           enum(imds.Timeout, imds.Connect, imds.Refused, imds.Status401, imds.Status403, imds.Status404, imds.Other),
		reflect.TypeFor[imds.Safety]():         enum(imds.Green, imds.Yellow, imds.Red),
		reflect.TypeFor[analyze.TimeQuality](): enum(analyze.Exact, analyze.YearInferred, analyze.BootRelative, analyze.NoTime),
	}
}

func enum[T ~string](words ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, w := range words {
		s.Enum = append(s.Enum, string(w))
	}
	return s
}

// loosen allows further fields everywhere and takes back that a Go slice may
// be null: JSON never writes that.
func loosen(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	if s.Type == "object" && s.Properties != nil {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		loosen(p)
	}
	loosen(s.Items)
	loosen(s.AdditionalProperties)
}
