package imds

import (
	"cmp"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
)

// A Maker is what instances of this node's group are made from: a version of a
// launch template, or an object of Cluster API.
type Maker struct {
	Kind     string   `json:"kind"` // "LaunchTemplate", "AWSMachineTemplate", "AWSManagedMachinePool", ...
	Name     string   `json:"name"`
	Sure     bool     `json:"sure"` // it says that it made this node
	Settings Settings `json:"settings"`
	// Differs are the options that the running instance has otherwise: it was
	// changed after its start, or is older.
	Differs []string `json:"differs"`
	Proof   []Place  `json:"proof"` // of the differences, here and there
	At      Place    `json:"at"`

	metadata ec2.MetadataOptions
	template string // ID, of a launch template
	version  int
}

// String names it.
func (m *Maker) String() string { return m.Kind + " " + m.Name }

// Makers are those that side inputs describe as this node's.
func Makers(node *side.Node, facts []index.Fact, running *Options) (makers []Maker, notes []string) {
	for _, f := range facts {
		var m *Maker
		path := f.File.Path
		switch v := f.Value.(type) {
		case *launchtemplate.Templates:
			c := node.Version(v)
			if m = template(c, path); m == nil {
				notes = append(notes, fmt.Sprintf("%s has no version that is known to be this node's", path))
			} else if m.metadata.Line == 0 && !v.Projected {
				notes = append(notes, m.String()+" says nothing of metadata options: the account, or the image, decides")
			}
		case *capi.Manifests:
			c := node.Machine(v)
			if c.Match == side.None {
				continue
			}
			if m = machine(c, path); m == nil {
				notes = append(notes, fmt.Sprintf("%s has no object that is known to be this node's", path))
			} else if m.metadata.Line == 0 {
				notes = append(notes, m.String()+" says nothing of metadata options")
			}
		}
		for _, k := range []*Maker{m, later(f.Value, m, path)} {
			if k == nil {
				continue
			}
			k.Settings = settingsOf(&k.metadata, path)
			k.Settings.Sure = k.Sure
			if running != nil {
				k.compare(path, running)
			}
			makers = append(makers, *k)
		}
	}
	return makers, notes
}

// later is the default version of the template that made this node, if that is
// another one: nodes that ask for none get it.
func later(fact any, m *Maker, path string) *Maker {
	t, ok := fact.(*launchtemplate.Templates)
	if !ok || m == nil || !m.Sure {
		return nil
	}
	for i := range t.Versions {
		v := &t.Versions[i]
		if v.Default && v.ID != "" && v.ID == m.template && v.Number != m.version && v.Metadata.Line > 0 {
			return &Maker{Kind: m.Kind, Name: fmt.Sprintf("%s version %d, the default", v.ID, v.Number), At: Place{path, v.Metadata.Line}, metadata: v.Metadata}
		}
	}
	return nil
}

// compare notes what the running instance has otherwise.
func (m *Maker) compare(path string, running *Options) {
	var there, here []int
	m.Differs, there, here = differences(&m.metadata, &running.MetadataOptions)
	for _, line := range there {
		m.Proof = append(m.Proof, Place{path, line})
	}
	for _, line := range here {
		m.Proof = append(m.Proof, Place{running.File, line})
	}
}

// template is the version of a launch template that made this node.
func template(c side.Choice[launchtemplate.Version], path string) *Maker {
	v := c.Item
	if v == nil {
		return nil
	}
	name := cmp.Or(v.ID, v.Name, "without a name")
	if v.Number > 0 {
		name = fmt.Sprintf("%s version %d", name, v.Number)
	}
	return &Maker{Kind: "LaunchTemplate", Name: name, Sure: c.Match == side.Same, At: Place{path, cmp.Or(v.Metadata.Line, v.Line)}, metadata: v.Metadata, template: v.ID, version: v.Number}
}

// machine is the object of Cluster API that made this node.
func machine(c side.Choice[capi.Object], path string) *Maker {
	o := c.Item
	if o == nil {
		return nil
	}
	return &Maker{Kind: o.Kind, Name: o.Name, Sure: c.Match == side.Same, At: Place{path, cmp.Or(o.Metadata.Line, o.Line)}, metadata: o.Metadata}
}
