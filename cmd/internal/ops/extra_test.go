package ops

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/side"
)

// Names of the node of the scenario healthy, and of another one.
const (
	ownID, ownName     = "i-07c3d9ab1e4f301ef", "ip-10-0-12-34.us-west-2.compute.internal"
	otherID, otherName = "i-07c3d9ab1e4f5063d", "ip-10-0-7-118.us-west-2.compute.internal"
)

// The shapes of kubectl get -o json and of the AWS CLI.
func nodesJSON(name, id string) string {
	return fmt.Sprintf(`{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Node",
"metadata": {"name": %q}, "spec": {"providerID": "aws:///us-west-2a/%s"}}], "kind": "List"}`, name, id)
}

func podsJSON(node string) string {
	return fmt.Sprintf(`{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Pod",
"metadata": {"name": "web"}, "spec": {"nodeName": %q}}], "kind": "List"}`, node)
}

func instancesJSON(id string) string {
	return fmt.Sprintf(`{"Reservations": [{"Instances": [{"InstanceId": %q, "MetadataOptions": {"HttpTokens": "required"}}]}]}`, id)
}

// write writes files into a folder and returns their paths.
func write(t *testing.T, dir string, files map[string]string) (paths []string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

func TestInputs(t *testing.T) {
	archive, dir := packed(t, "healthy"), t.TempDir()
	write(t, dir, map[string]string{
		"nodes.json": nodesJSON(ownName, ownID), "kubelet.log": "Nov 21 00:19:43 ip-10-0-12-34 kubelet[467]: started\n",
		"notes.txt": "hello\n", "cut.tar.gz": "no gzip\n", "i.json.gz": "\x1f\x8b\x08",
	})
	at := func(name string) string {
		switch name {
		case "archive":
			return archive
		case "-", "gone", "folder":
			return strings.Replace(name, "folder", scenarios, 1)
		}
		return filepath.Join(dir, name)
	}
	f := func(args, wantBundles, wantExtra string) {
		t.Helper()
		paths := func(names string) (all []string) {
			for _, name := range strings.Fields(names) {
				all = append(all, at(name))
			}
			return all
		}
		bundles, extra := Inputs(paths(args))
		if !slices.Equal(bundles, paths(wantBundles)) || !slices.Equal(extra, paths(wantExtra)) {
			t.Errorf("Inputs(%s) = %q, %q; want %s; %s", args, bundles, extra, wantBundles, wantExtra)
		}
	}
	f("archive nodes.json", "archive", "nodes.json")
	f("nodes.json archive", "archive", "nodes.json")
	f("archive notes.txt i.json.gz", "archive", "notes.txt i.json.gz")
	f("folder kubelet.log", "folder", "kubelet.log")
	f("- nodes.json", "-", "nodes.json")
	f("archive folder nodes.json", "archive folder", "nodes.json")
	f("kubelet.log nodes.json", "kubelet.log", "nodes.json")
	f("kubelet.log notes.txt", "kubelet.log notes.txt", "")
	f("nodes.json", "nodes.json", "")
	f("archive gone", "archive gone", "")
	f("archive cut.tar.gz", "archive cut.tar.gz", "")
	f("gone nodes.json", "gone nodes.json", "")
}

// sides are what a report says of the further files.
func sides(r *analyze.Report) (all []string) {
	for _, in := range r.Coverage.Side {
		all = append(all, in.Path+" "+string(in.Match))
	}
	return all
}

// What lies beside a bundle is used when it names the node, and nothing else.
func TestAnalyze_beside(t *testing.T) {
	archive, home := packed(t, "healthy"), t.TempDir()
	alone := analyzed(t, AnalyzeRequest{Input: archive, Home: home})
	if len(alone.Coverage.Side) > 0 {
		t.Fatalf("without further files the report has %v", sides(alone))
	}
	dir := filepath.Dir(archive)
	write(t, dir, map[string]string{
		"nodes.json":                    nodesJSON(ownName, ownID),
		"describe-instances-other.json": instancesJSON(otherID),
		"prod_pods.json":                podsJSON(ownName),
		"pods.yaml":                     "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  nodeName: " + otherName + "\n",
		"events.json":                   `{"level": "info", "msg": "of a program"}`,
		"my-nodes.log":                  nodesJSON(ownName, ownID),
		"mynodes.json":                  nodesJSON(ownName, ownID),
		"instances.json":                "",
	})
	if err := os.Mkdir(filepath.Join(dir, "cluster.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	var told []string
	both := analyzed(t, AnalyzeRequest{Input: archive, Home: home, Notice: func(s string) { told = append(told, s) }})
	if d := cmp.Diff([]string{"extra/nodes.json same", "extra/prod_pods.json same"}, sides(both)); d != "" {
		t.Errorf("used (-want +got):\n%s", d)
	}
	const unused, used = " lies beside the bundle and is not used: it does not name this node", " lies beside the bundle and is used too (--no-beside leaves it out)"
	want := []string{"describe-instances-other.json" + unused, "nodes.json" + used, "pods.yaml" + unused, "prod_pods.json" + used}
	if d := cmp.Diff(want, told); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
	if both.Case.ID == alone.Case.ID {
		t.Errorf("one case %s with and without the files", both.Case.ID)
	}

	// The same files given by name make the same case, in whatever order.
	with := []string{filepath.Join(dir, "prod_pods.json"), filepath.Join(dir, "nodes.json")}
	given := analyzed(t, AnalyzeRequest{Input: archive, Home: home, NoBeside: true, With: with})
	if d := cmp.Diff(jsonOf(t, both), jsonOf(t, given)); d != "" {
		t.Errorf("given instead of found (-found +given):\n%s", d)
	}
	none := analyzed(t, AnalyzeRequest{Input: archive, Home: home, NoBeside: true})
	if d := cmp.Diff(jsonOf(t, alone), jsonOf(t, none)); d != "" {
		t.Errorf("NoBeside (-alone +now):\n%s", d)
	}

	// The bundle's path means the case with what lies beside it now.
	if r, err := Report(t.Context(), home, archive); err != nil || r.Case.ID != both.Case.ID {
		t.Errorf("Report of the bundle = %v, want case %s", err, both.Case.ID)
	}
	for _, name := range []string{"nodes.json", "prod_pods.json"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := Report(t.Context(), home, archive); err != nil || r.Case.ID != alone.Case.ID {
		t.Errorf("Report of the bundle without files beside it = %v, want case %s", err, alone.Case.ID)
	}
	if err := RemoveCase(t.Context(), home, alone.Case.ID); err != nil {
		t.Fatal(err)
	}
	if r, err := Report(t.Context(), home, archive); err != nil || r.Case.ID != both.Case.ID {
		t.Errorf("Report of the bundle with one case left = %v, want case %s", err, both.Case.ID)
	}
}

// Without a name that tells, files of the bundle say who the node is: a folder
// and a bundle that has no instance ID.
func TestAnalyze_besideFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bundle/kernel/uname.txt":    "Linux " + ownName + " 6.1.0 #1 SMP x86_64 GNU/Linux\n",
		"bundle/kubelet/kubelet.log": "Nov 21 00:19:43 ip-10-0-12-34 kubelet[467]: I1121 00:19:43.418774     467 kubelet.go:2522] \"x\"\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"pods.json": podsJSON(ownName), "pods-old.json": podsJSON(otherName)})
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(dir, "bundle"), Home: t.TempDir()})
	if d := cmp.Diff([]string{"extra/pods.json same"}, sides(r)); d != "" {
		t.Errorf("used (-want +got):\n%s", d)
	}
}

// A file of no known format is said, and so is one that cannot be read at all.
func TestAnalyze_extraUnknown(t *testing.T) {
	archive, dir := packed(t, "healthy"), t.TempDir()
	with := write(t, dir, map[string]string{
		"notes.txt": "seen by the team\n", "empty.json": "", "describe-instances.json": `{"Reservations": []}`,
		"picture.png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10",
	})
	r := analyzed(t, AnalyzeRequest{Input: archive, Home: t.TempDir(), With: with})
	want := []string{"extra/describe-instances.json none", "extra/empty.json none", "extra/notes.txt none", "extra/picture.png none"}
	if d := cmp.Diff(want, sides(r)); d != "" {
		t.Errorf("said (-want +got):\n%s", d)
	}
	for _, in := range r.Coverage.Side {
		t.Log(in.Path, in.Detail)
	}
}

// Two files of one name are both read.
func TestAnalyze_extraTwins(t *testing.T) {
	archive, a, b := packed(t, "healthy"), t.TempDir(), t.TempDir()
	with := slices.Concat(write(t, a, map[string]string{"pods.json": podsJSON(ownName)}), write(t, b, map[string]string{"pods.json": podsJSON(otherName)}))
	first := analyzed(t, AnalyzeRequest{Input: archive, Home: t.TempDir(), With: with})
	slices.Reverse(with)
	second := analyzed(t, AnalyzeRequest{Input: archive, Home: t.TempDir(), With: with})
	if len(first.Coverage.Side) != 2 || first.Coverage.Side[0].Path != "extra/pods (2).json" || first.Coverage.Side[1].Path != "extra/pods.json" {
		t.Errorf("read %v, want both", sides(first))
	}
	if d := cmp.Diff(jsonOf(t, first), jsonOf(t, second)); d != "" {
		t.Errorf("in the other order:\n%s", d)
	}
}

func TestAnalyze_extraErrors(t *testing.T) {
	archive, home := packed(t, "healthy"), t.TempDir()
	_, err := Analyze(t.Context(), AnalyzeRequest{Input: archive, Home: home, With: []string{filepath.Join(home, "gone.json")}})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "gone.json") {
		t.Errorf("a file that is not there: %v", err)
	}
	r := analyzed(t, AnalyzeRequest{Input: archive, Home: home})
	with := write(t, t.TempDir(), map[string]string{"nodes.json": nodesJSON(ownName, ownID)})
	_, err = Analyze(t.Context(), AnalyzeRequest{Input: r.Case.ID, Home: home, With: with})
	if _, ok := errors.AsType[*UserError](err); !ok {
		t.Errorf("a case with further files: %v, want a mistake of the user", err)
	}
}

// What another bundle holds must not be read as of this node.
func TestAnalyze_extraBundle(t *testing.T) {
	archive, other, home := packed(t, "healthy"), packed(t, "imds-blocked"), t.TempDir()
	for _, with := range []string{other, filepath.Join(scenarios, "imds-blocked")} {
		_, err := Analyze(t.Context(), AnalyzeRequest{Input: archive, Home: home, With: []string{with}})
		if _, ok := errors.AsType[*UserError](err); !ok || !strings.Contains(err.Error(), "bundle of its own") || !strings.Contains(err.Error(), "imds-blocked") {
			t.Errorf("with %s: %v, want a mistake of the user", with, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(home, "cases", "*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v, want no case", left, err)
	}
}

// The name of a bundle tells the node, the time and the collector; that of a
// file beside it its format. The same bytes under another name are another case.
func TestAnalyze_names(t *testing.T) {
	archive, home, dir := packed(t, "healthy"), t.TempDir(), t.TempDir()
	tgz, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, with ...string) *analyze.Report {
		path := filepath.Join(dir, name)
		put(t, path, string(tgz))
		return analyzed(t, AnalyzeRequest{Input: path, Home: home, With: with})
	}
	plain, same := run("bundle.tar.gz"), run("copy.tar.gz")
	if plain.Case.ID != same.Case.ID {
		t.Errorf("a copy is case %s, the bundle %s, want one", same.Case.ID, plain.Case.ID)
	}
	older := run("eks_" + ownID + "_2026-11-21_0112-UTC_0.7.6.tar.gz")
	newer := run("eks_" + ownID + "_2026-11-21_0112-UTC_0.7.9.tar.gz")
	if v := older.Case.CollectorVersion; v != "0.7.6" {
		t.Errorf("CollectorVersion = %q, want 0.7.6", v)
	}
	if v := newer.Case.CollectorVersion; v != "0.7.9" || newer.Case.ID == older.Case.ID {
		t.Errorf("renamed: CollectorVersion = %q in case %s, want 0.7.9 in another than %s", v, newer.Case.ID, older.Case.ID)
	}
	with := write(t, t.TempDir(), map[string]string{"nodes.json": nodesJSON(ownName, ownID), "nodes.txt": nodesJSON(ownName, ownID)})
	if d := cmp.Diff([]string{"extra/nodes.json same", "extra/nodes.txt same"}, sides(run("bundle.tar.gz", with...))); d != "" {
		t.Errorf("two names of the same bytes (-want +got):\n%s", d)
	}
}

// An ambiguous input is said to be so, with what it can be.
func TestAnalyze_extraAmbiguous(t *testing.T) {
	archive := packed(t, "healthy")
	with := write(t, t.TempDir(), map[string]string{"describe-launch-template-versions.json": `{"LaunchTemplateVersions": [
{"LaunchTemplateName": "workers", "VersionNumber": 1, "LaunchTemplateData": {"InstanceType": "m5.large"}},
{"LaunchTemplateName": "workers", "VersionNumber": 2, "LaunchTemplateData": {"InstanceType": "m5.large"}}]}`})
	r := analyzed(t, AnalyzeRequest{Input: archive, Home: t.TempDir(), With: with})
	if len(r.Coverage.Side) != 1 || r.Coverage.Side[0].Match != side.Several || len(r.Coverage.Side[0].Candidates) != 2 {
		t.Errorf("Side = %+v, want two candidates", r.Coverage.Side)
	}
}

// Files of others, large ones and links beside a bundle do not hide that of this
// node, and those that are left out are told.
func TestAnalyze_besideMany(t *testing.T) {
	archive, home := packed(t, "healthy"), t.TempDir()
	dir := filepath.Dir(archive)
	files := map[string]string{"nodes.json": nodesJSON(ownName, ownID)}
	for i := range 60 {
		files[fmt.Sprintf("a-nodes-%d.json", i)] = nodesJSON(otherName, otherID)
	}
	wide := "\xff\xfe"
	for _, c := range []byte(podsJSON(ownName)) {
		wide += string([]byte{c, 0})
	}
	files["pods.json"] = wide
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(instancesJSON(ownID)))
	_ = z.Close()
	files["instances.json.gz"] = packed.String()
	write(t, dir, files)
	if err := os.Symlink(filepath.Join(dir, "nodes.json"), filepath.Join(dir, "link-nodes.json")); err != nil {
		t.Skip(err)
	}
	large := filepath.Join(dir, "events.json")
	write(t, dir, map[string]string{"events.json": "{"})
	if err := os.Truncate(large, maxBeside+1); err != nil {
		t.Fatal(err)
	}
	var told []string
	r := analyzed(t, AnalyzeRequest{Input: archive, Home: home, Notice: func(s string) {
		if !strings.HasPrefix(s, "a-nodes-") {
			told = append(told, s)
		}
	}})
	if d := cmp.Diff([]string{"extra/instances.json.gz same", "extra/nodes.json same", "extra/pods.json same"}, sides(r)); d != "" {
		t.Errorf("used (-want +got):\n%s", d)
	}
	const unused, used = " lies beside the bundle and is not used: ", " lies beside the bundle and is used too (--no-beside leaves it out)"
	want := []string{
		"events.json" + unused + "it is larger than 32 MiB", "link-nodes.json" + unused + "it is a link; give it with --with",
		"instances.json.gz" + used, "nodes.json" + used, "pods.json" + used,
	}
	if d := cmp.Diff(want, told); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
}
