package docker_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/docker"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, docker.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, docker.Format) }

func TestMutations(t *testing.T) {
	const info, version, ps, images = "docker/docker-info.txt", "docker/docker-version.txt", "docker/docker-ps.txt", "docker/docker-images.txt"
	parserstest.Mutate(t, docker.Format,
		parserstest.Mutation{File: info, Old: "\n Cgroup Driver: cgroupfs", New: "\n Cgroup Driver: systemd", Want: []string{"CgroupDriver.Value: cgroupfs -> systemd"}},
		parserstest.Mutation{File: info, Old: "  Stopped: 0", New: "  Stopped: 7", Want: []string{"Stopped.Value: 0 -> 7"}},
		parserstest.Mutation{File: info, Old: "\nLive Restore Enabled: true", New: "\nLive Restore Enabled: false", Want: []string{"LiveRestore.Value: true -> false"}},
		parserstest.Mutation{File: info, Old: "  127.0.0.0/8", New: "  10.0.0.0/8", Want: []string{"InsecureRegistries[0].Value: 127.0.0.0/8 -> 10.0.0.0/8"}},
		parserstest.Mutation{File: version, Old: "1.0.0-rc92", New: "1.0.1", Want: []string{"Components[1].Version: 1.0.0-rc92 -> 1.0.1"}},
		parserstest.Mutation{File: ps, Old: "Exited (137)", New: "Exited (139)", Want: []string{
			"Containers[1].Exit: 137 -> 139", "Containers[1].Status: Exited (137) 11 weeks ago -> Exited (139) 11 weeks ago"}},
		parserstest.Mutation{File: images, Old: "213.4MB", New: "213.5MB", Want: []string{"Images[1].Size: 213400000 -> 213500000"}},
	)
}

// What is left out is counted.
func TestBounds(t *testing.T) {
	text := "REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n" + strings.Repeat("a            b     c          d         1B\n", 50_010)
	i, err := docker.ParseImages("docker/docker-images.txt", []byte(text))
	if err != nil || len(i.Images) != 50_000 || i.Cut != 10 {
		t.Errorf("%d images, %d cut, %v", len(i.Images), i.Cut, err)
	}
}
