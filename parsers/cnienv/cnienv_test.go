package cnienv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, cnienv.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cnienv.Format) }

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, cnienv.Format,
		m("cni/cni-configuration-variables-containerd.json", `"WARM_ENI_TARGET=1"`, `"WARM_ENI_TARGET=3"`, "Containers[0].Env[5].Value: 1 -> 3"),
		m("cni/cni-configuration-variables-containerd.json", "DISABLE_INTROSPECTION=", "DISABLE_METRICS=", "Containers[0].Env[4].Name: DISABLE_INTROSPECTION -> DISABLE_METRICS"),
		m("cni/cni-configuration-variables-containerd.json", "v1.20.4-eksbuild.2", "v1.20.5-eksbuild.1", "Containers[0].Image: 602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4-eksbuild.2 -> 602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.5-eksbuild.1"),
		m("cni/cni-configuration-variables-containerd.json", `"CreatedAt": "2026-11-21T00:13:32`, `"CreatedAt": "2026-11-21T00:13:33`, "Containers[0].Created: 2026-11-21T00:13:32.41043389Z -> 2026-11-21T00:13:33.41043389Z"),
		m("cni/cni-configuration-variables-containerd.json", "aws-node-xglhr", "aws-node-abcde", "Containers[0].Pod: aws-node-xglhr -> aws-node-abcde"),
		m("cni/cni-configuration-variables-containerd.json", `container "f00"`, `container "f01"`, `Notes[0].Text: ctr: container "f00" in namespace "k8s.io": not found -> ctr: container "f01" in namespace "k8s.io": not found`),
		m("cni/cni-configuration-variables-dockerd.txt", "proxy.example.com:3128", "proxy.example.com:8080", "Containers[0].Env[1].Value: http://proxy.example.com:3128 -> http://proxy.example.com:8080"),
		m("cni/cni-configuration-variables-dockerd.txt", "aws-node-x2k4d", "aws-node-abcde", "Containers[0].Pod: aws-node-x2k4d -> aws-node-abcde"),
	)
}
