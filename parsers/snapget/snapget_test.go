package snapget_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/snapget"
)

func Test(t *testing.T)       { parserstest.Run(t, snapget.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, snapget.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kubelet/kubelet-eks_service.txt", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, snapget.Format,
		m("172.20.0.10", "10.100.0.10", "Settings[2].Value: 172.20.0.10 -> 10.100.0.10"),
		m("max-pods   ", "max-podz   ", "Settings[7].Key: max-pods -> max-podz"),
	)
}

func TestGet(t *testing.T) {
	s, err := snapget.Parse("kubelet/kubelet-eks_service.txt", []byte("Key      Value\nmax-pods  29\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Get("max-pods"); !ok || got.Value != "29" || got.Line != 2 {
		t.Errorf("Get(max-pods) = %+v, %v", got, ok)
	}
	if _, ok := s.Get("x"); ok {
		t.Error("Get(x) finds a setting")
	}
}
