package appinventory_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/appinventory"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, appinventory.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, appinventory.Format) }

func TestMutations(t *testing.T) {
	const file = "bottlerocket/application-inventory.json"
	parserstest.Mutate(t, appinventory.Format,
		parserstest.Mutation{File: file, Old: `"Version": "3.13.0"`, New: `"Version": "3.14.0"`, Want: []string{"Packages[1].Version: 3.13.0 -> 3.14.0"}},
		parserstest.Mutation{File: file, Old: `"Name": "shibaken"`, New: `"Name": "pluto"`, Want: []string{"Packages[2].Name: shibaken -> pluto"}},
	)
}

func TestGet(t *testing.T) {
	i, err := appinventory.Parse("x", []byte(`{"Content":[{"Name":"os","Version":"0.0"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := i.Get("os"); !ok || p.Version != "0.0" {
		t.Errorf("Get(os) = %+v %v", p, ok)
	}
	if p, ok := i.Get("containerd"); ok {
		t.Errorf("Get(containerd) = %+v", p)
	}
}
