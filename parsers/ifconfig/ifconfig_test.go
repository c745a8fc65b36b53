package ifconfig_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ifconfig.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ifconfig.Format) }

func TestMutations(t *testing.T) {
	const file = "networking/ifconfig.txt"
	parserstest.Mutate(t, ifconfig.Format,
		parserstest.Mutation{File: file, Old: "RX errors 0  dropped 1", New: "RX errors 0  dropped 7", Want: []string{"Interfaces[0].RX.Dropped: 1 -> 7"}},
		parserstest.Mutation{File: file, Old: "TX errors 0", New: "TX errors 9", Want: []string{"Interfaces[0].TX.Errors: 0 -> 9"}},
		parserstest.Mutation{File: file, Old: "255.255.240.0", New: "255.255.255.0", Want: []string{"Interfaces[1].Addrs[0].Prefix: 10.0.7.118/20 -> 10.0.7.118/24"}},
		parserstest.Mutation{File: file, Old: "mtu 65536", New: "mtu 1500", Want: []string{"Interfaces[2].MTU: 65536 -> 1500"}},
		parserstest.Mutation{File: file, Old: "errors:18 dropped:16", New: "errors:18 dropped:17", Want: []string{"Interfaces[0].TX.Dropped: 16 -> 17"}},
		parserstest.Mutation{File: file, Old: "MTU:1480", New: "MTU:1481", Want: []string{"Interfaces[2].MTU: 1480 -> 1481"}},
	)
}

func TestInterface(t *testing.T) {
	i, err := ifconfig.Parse("networking/ifconfig.txt", []byte("ens5: flags=4163<UP,RUNNING>  mtu 9001\n"))
	if err != nil {
		t.Fatal(err)
	}
	ens5 := i.Interface("ens5")
	if ens5 == nil || !ens5.Has("UP") || ens5.Has("LOOPBACK") {
		t.Errorf("Interface(ens5) = %+v, want it up", ens5)
	}
	if i.Interface("ens6") != nil {
		t.Error("Interface(ens6) is there")
	}
}
