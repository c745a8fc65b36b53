package userdata_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/userdata"
)

// said writes what is known of user data on one line.
func said(d *userdata.Data) string {
	var b strings.Builder
	fmt.Fprint(&b, d.Kinds)
	if d.Bootstrap != nil {
		fmt.Fprintf(&b, " cluster=%s", d.Bootstrap.Cluster)
		for _, a := range d.Bootstrap.Args {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
		}
	}
	for _, s := range d.Settings {
		fmt.Fprintf(&b, " %s=%s", s.Key, s.Value)
	}
	if d.Err != "" {
		fmt.Fprintf(&b, " error: %s", d.Err)
	}
	return b.String()
}

const nodeConfig = `---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: prod-usw2-blue
    apiServerEndpoint: https://0123456789ABCDEF0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com
    certificateAuthority: Q0VSVElGSUNBVEU=
    cidr: 172.20.0.0/16
  containerd:
    config: |
      [plugins."io.containerd.grpc.v1.cri".registry.configs."a".auth]
      password = "hunter2"
  kubelet:
    config:
      maxPods: 58
      clusterDNS: [172.20.0.10]
    flags:
    - --node-labels=team=blue
    - --bootstrap-token=hunter2
`

const nodeSettings = " cluster.name=prod-usw2-blue cluster.apiServerEndpoint=https://0123456789ABCDEF0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com" +
	" cluster.certificateAuthority= cluster.cidr=172.20.0.0/16 containerd.config= kubelet.config.maxPods=58 kubelet.config.clusterDNS=172.20.0.10" +
	" kubelet.flags.node-labels=team=blue kubelet.flags.bootstrap-token="

func TestPlain(t *testing.T) {
	f := func(name, in, want string) {
		t.Helper()
		if got := said(userdata.Plain(in)); got != want {
			t.Errorf("%s: Plain = %s, want %s", name, got, want)
		}
	}
	f("script", "#!/bin/bash -xe\nexport PASSWORD=hunter2\n# /etc/eks/bootstrap.sh old\n/etc/eks/bootstrap.sh default_capi-imds-control-plane\n",
		"[shell] cluster=default_capi-imds-control-plane")
	f("flags", "#!/bin/bash\n/etc/eks/bootstrap.sh 'blue' --b64-cluster-ca Q0E= --docker-config-json '{\"auths\":1}' \\\n"+
		"  --kubelet-extra-args \"--node-labels=a=b,c=d --max-pods 17 --token=x\" --use-max-pods=false || exit 1\n",
		"[shell] cluster=blue b64-cluster-ca= docker-config-json= kubelet-extra-args.node-labels=a=b,c=d kubelet-extra-args.max-pods=17 kubelet-extra-args.token= use-max-pods=false")
	f("cloud-config", "## template: jinja\n#cloud-config\nruncmd:\n  - \"/etc/eks/bootstrap.sh blue --container-runtime containerd\"\n",
		"[cloud-config] cluster=blue container-runtime=containerd")
	f("nodeconfig", nodeConfig, "[nodeconfig]"+nodeSettings)
	f("mime", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: application/node.eks.aws\n\n"+nodeConfig+
		"\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\necho hunter2\n\n--//--\n", "[mime nodeconfig shell]"+nodeSettings)
	f("mime base64", "Content-Type: multipart/mixed; boundary=\"MIMEBOUNDARY\"\nMIME-Version: 1.0\r\n\r\n--MIMEBOUNDARY\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/x-shellscript\r\n\r\n"+
		base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n/etc/eks/bootstrap.sh blue\n"))+"\r\n--MIMEBOUNDARY--\r\n", "[mime shell] cluster=blue")
	f("mime without parts", "MIME-Version: 1.0\n\nhello", "[mime] error: its MIME parts are damaged")
	f("bottlerocket", "[settings.kubernetes]\n\"cluster-name\" = \"blue\"\ncluster-certificate = \"Q0E=\"\n[settings.kubernetes.node-labels]\nteam = \"x\"\n",
		"[bottlerocket] kubernetes.cluster-name=blue kubernetes.cluster-certificate= kubernetes.node-labels.team=")
	f("windows", "<powershell>\n& $EKSBootstrapScriptFile\n</powershell>\n", "[powershell]")
	f("other", "hello", "[unknown]")
	f("damaged", "apiVersion: node.eks.aws/v1alpha1\nkind: [", "[nodeconfig] error: its NodeConfig is damaged")
}

func TestEncoded(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprint(w, "#!/bin/sh\n/etc/eks/bootstrap.sh blue\n")
	w.Close()
	d := userdata.Encoded(base64.StdEncoding.EncodeToString(z.Bytes()))
	if got, want := said(d), "[gzip shell] cluster=blue"; got != want {
		t.Errorf("Encoded(gzip) = %s, want %s", got, want)
	}
	if got, want := said(userdata.Encoded("%%%")), "[] error: it is not base64"; got != want {
		t.Errorf("Encoded = %s, want %s", got, want)
	}
}

// What unpacks to a lot, or nests, is given up.
func TestHostile(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(make([]byte, 64<<20))
	w.Close()
	if d := userdata.Encoded(base64.StdEncoding.EncodeToString(z.Bytes())); d.Err == "" {
		t.Errorf("64 MB of zeros are fine: %s", said(d))
	}
	nested := "hello"
	for i := range 10 {
		nested = fmt.Sprintf("Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n\n%s\n--b%d--\n", i, i, nested, i)
	}
	if d := userdata.Plain(nested); d.Err == "" {
		t.Errorf("ten nested messages are fine: %s", said(d))
	}
	for _, part := range []string{"'", "\\\n", "/bootstrap.sh ", "[settings", "a.b=1\n", "--//\n", "- "} {
		userdata.Plain("#!/bin/sh\n" + strings.Repeat(part, 1<<20/len(part)-20))
		userdata.Plain("[settings]\n" + strings.Repeat(part, 1<<20/len(part)-20))
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(nodeConfig)
	f.Add("#!/bin/bash\n/etc/eks/bootstrap.sh 'blue' --kubelet-extra-args \"--a b\"")
	f.Add("Content-Type: multipart/mixed; boundary=\"//\"\n\n--//\n\n[settings]\na=1\n--//--\n")
	f.Fuzz(func(t *testing.T, text string) { userdata.Plain(text) })
}
