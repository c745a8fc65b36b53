package kubeconfig_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/kubeconfig"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, kubeconfig.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, kubeconfig.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kubelet/kubeconfig.yaml", Old: from, New: to, Want: want}
	}
	const server = "https://8A5C2F1E6B7D4C3A9E0F1B2C3D4E5F60.gr7.us-west-2.eks.amazonaws.com"
	parserstest.Mutate(t, kubeconfig.Format,
		m(server, "https://10.0.0.1", "Clusters[0].Server: "+server+" -> https://10.0.0.1"),
		m("command: aws\n", "command: /usr/bin/aws\n", "Users[0].Exec.Command: aws -> /usr/bin/aws"),
		m(`"prod-usw2-blue"`, `"other"`, "Users[0].Exec.Args[3]: prod-usw2-blue -> other", "Users[0].Exec.ClusterName: prod-usw2-blue -> other"),
		m(`- "us-west-2"`, `- "us-east-1"`, "Users[0].Exec.Args[5]: us-west-2 -> us-east-1", "Users[0].Exec.Region: us-west-2 -> us-east-1"),
		m("current-context: kubelet", "current-context: other", "CurrentContext: kubelet -> other"),
	)
}

// No secret of the examples is in a fact.
func TestSecrets(t *testing.T) {
	for _, f := range parserstest.Files(t, "testdata") {
		v, err := kubeconfig.Parse(f.Path, f.Text)
		text, jsonErr := json.Marshal(v)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		if err != nil {
			text = []byte(err.Error())
		}
		if strings.Contains(strings.ToLower(string(text)), "secret") {
			t.Errorf("%s keeps a secret: %s", f.Path, text)
		}
	}
}

func TestCurrent(t *testing.T) {
	f := func(text, wantServer, wantUser string) {
		t.Helper()
		c, err := kubeconfig.Parse("kubelet/kubeconfig.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		server, user := "", ""
		if cl, us := c.Current(); cl != nil || us != nil {
			if cl != nil {
				server = cl.Server
			}
			if us != nil {
				user = us.Name
			}
		}
		if server != wantServer || user != wantUser {
			t.Errorf("Current() of %q = %q, %q, want %q, %q", text, server, user, wantServer, wantUser)
		}
	}
	const body = "clusters:\n- {name: a, cluster: {server: sa}}\n- {name: b, cluster: {server: sb}}\nusers:\n- name: ua\n- name: ub\n"
	f(body, "sa", "ua")
	f(body+"contexts:\n- {name: x, context: {cluster: b, user: ub}}\n", "sb", "ub")
	f(body+"contexts:\n- {name: x, context: {cluster: a, user: ua}}\n- {name: y, context: {cluster: b, user: none}}\ncurrent-context: y\n", "sb", "")
}
