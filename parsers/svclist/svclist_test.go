package svclist_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/svclist"
)

func Test(t *testing.T)       { parserstest.Run(t, svclist.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, svclist.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kubelet/svc.log", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, svclist.Format,
		m("172.20.0.1 ", "172.20.0.9 ", "Services[0].ClusterIP: 172.20.0.1 -> 172.20.0.9"),
		m("443/TCP", "444/TCP", "Services[0].Ports[0].Port: 443 -> 444"),
		m("<none>     ", "<pending>  ", "Services[0].ExternalIP:  -> <pending>"),
	)
}

func TestGet(t *testing.T) {
	s, err := svclist.Parse("kubelet/svc.log", []byte("NAME   TYPE   CLUSTER-IP   AGE\na      X      10.0.0.1     1d\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Get("a"); !ok || got.ClusterIP != "10.0.0.1" {
		t.Errorf("Get(a) = %+v, %v", got, ok)
	}
	if _, ok := s.Get("b"); ok {
		t.Error("Get(b) finds a service")
	}
}
