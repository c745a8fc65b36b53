package launchtemplate

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/awscli"
)

// text reads a text output. What belongs to a version follows its line; values
// stand in the order of their names, and those that are not set are left out or
// empty, so that most are known by their form.
//
//	LAUNCHTEMPLATEVERSIONS	2026-10-03T08:12:44+00:00	arn:aws:iam::123456789012:user/ops	False	lt-0d4e5f6a7b8c91234	eks-workers	hop 1	3
//	LAUNCHTEMPLATEDATA	ami-0f00f00f00f00f00f	m5.large	TUlNRS1WZXJzaW9u...
//	METADATAOPTIONS	enabled	disabled	1	required	disabled
func (r *reader) text(s string, line int) {
	var in *Version
	spec := "" // of which resource tags are
	awscli.Text(s, line, func(cells []awscli.Cell) bool {
		head, rest := cells[0].Text, cells[1:]
		switch {
		case head == "LAUNCHTEMPLATEVERSIONS" || head == "LAUNCHTEMPLATEVERSION":
			r.out.Projected = false
			in = r.open(textVersion(cells))
			return in != nil
		case head == "LAUNCHTEMPLATEDATA" && in == nil:
			in = r.open(Version{Line: cells[0].Line})
		case in == nil:
			r.row(cells)
			return r.out.Cut == ""
		}
		if head == "TAGSPECIFICATIONS" {
			spec = first(rest)
		}
		if head != "TAGS" || spec == "instance" {
			in.textPart(head, rest)
		}
		return true
	})
}

// open starts a version that what follows belongs to, nil if there are too many.
func (r *reader) open(v Version) *Version {
	if len(r.out.Versions) >= maxVersions {
		r.out.Cut = tooMany
		return nil
	}
	r.out.Versions = append(r.out.Versions, v)
	return &r.out.Versions[len(r.out.Versions)-1]
}

func first(cells []awscli.Cell) string {
	if len(cells) == 0 {
		return ""
	}
	return cells[0].Text
}

// textVersion reads the line of a version: time, who made it, whether it is the
// default, ID, name, description if there is one, number.
func textVersion(cells []awscli.Cell) Version {
	in := Version{Line: cells[0].Line}
	rest := cells[1:]
	for i, c := range rest {
		if idText.MatchString(c.Text) {
			in.ID = c.Text
			if i > 0 {
				in.Default = rest[i-1].Text == "True"
			}
			rest = rest[i+1:]
			break
		}
		if i == 0 {
			in.Created = short(c.Text)
		}
	}
	if in.ID == "" || len(rest) == 0 {
		return in
	}
	in.Number, _ = strconv.Atoi(rest[len(rest)-1].Text)
	in.Name = rest[0].Text
	if len(rest) > 2 {
		in.Description = short(rest[1].Text)
	}
	return in
}

var typeText = regexp.MustCompile(`^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.(?:nano|micro|small|medium|metal[a-z0-9-]*|[0-9]*x?large)$`)

// minUserData is how long a value is that can be user data: names are shorter,
// and of keys none is base64.
const minUserData = 24

// textPart reads a line that belongs to a version.
func (in *Version) textPart(head string, cells []awscli.Cell) {
	switch head {
	case "LAUNCHTEMPLATEDATA":
		for i, c := range cells {
			switch {
			case imageText.MatchString(c.Text):
				in.Image = c.Text
			case typeText.MatchString(c.Text):
				in.InstanceType = c.Text
			case i == len(cells)-1 && len(c.Text) >= minUserData:
				in.userData(c)
			}
		}
	case "IAMINSTANCEPROFILE":
		in.InstanceProfile = first(cells)
	case "METADATAOPTIONS":
		in.textOptions(cells)
	case "SECURITYGROUPIDS":
		if len(in.SecurityGroups) < maxList && len(cells) > 0 {
			in.SecurityGroups = append(in.SecurityGroups, cells[0].Text)
		}
	case "NETWORKINTERFACES":
		if len(in.Interfaces) < maxList && len(cells) > 0 {
			in.Interfaces = append(in.Interfaces, Interface{Line: cells[0].Line})
		}
	case "GROUPS":
		in.group(first(cells))
	case "TAGS":
		if len(cells) > 1 {
			in.tag(cells[0].Text, cells[1].Text)
		}
	}
}

func (in *Version) group(id string) {
	if n := len(in.Interfaces); n > 0 && strings.HasPrefix(id, "sg-") && len(in.Interfaces[n-1].SecurityGroups) < maxList {
		in.Interfaces[n-1].SecurityGroups = append(in.Interfaces[n-1].SecurityGroups, id)
	}
}

// textOptions reads the values of the metadata options. Which option an
// "enabled" belongs to is known only where all five of them stand.
func (in *Version) textOptions(cells []awscli.Cell) {
	names := []string{"HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"}
	for i, c := range cells {
		switch {
		case len(cells) == len(names) || len(cells) == len(names)+1: // the state comes last
			if i < len(names) {
				in.Metadata.Set(names[i], c.Text, c.Line)
			}
		default:
			in.Metadata.Set("HttpTokens", c.Text, c.Line)
			in.Metadata.Set("HttpPutResponseHopLimit", c.Text, c.Line)
		}
	}
}

// table reads a table output. What belongs to a version stands in sections
// below its own.
func (r *reader) table(s string, line int) {
	var in *Version
	spec := ""
	awscli.Table(s, line, func(p awscli.Part) bool {
		section := p.Section()
		switch {
		case p.Row == nil:
			if section == "LaunchTemplateVersions" {
				r.out.Projected, in = false, nil
			}
		case p.Names != nil && (section == "LaunchTemplateVersions" || len(p.Titles) == 1):
			in = r.open(tableVersion(p))
			return in != nil
		case section == "TagSpecifications":
			spec = first(p.Row)
		case in == nil && p.Names == nil && len(p.Titles) == 1:
			r.row(p.Row)
		case in == nil:
		case section != "Tags" || spec == "instance":
			in.tablePart(section, p)
		}
		return r.out.Cut == ""
	})
}

// tableVersion reads the map of a version; that of a query may have options.
func tableVersion(p awscli.Part) Version {
	in := Version{Line: p.Row[0].Line}
	for i, c := range p.Row {
		in.set(p.Names[i], c)
		in.Metadata.Set(p.Names[i], c.Text, c.Line)
	}
	return in
}

// tablePart reads a row that belongs to a version.
func (in *Version) tablePart(section string, p awscli.Part) {
	if p.Names == nil {
		switch {
		case section == "SecurityGroupIds" && len(in.SecurityGroups) < maxList:
			in.SecurityGroups = append(in.SecurityGroups, p.Row[0].Text)
		case section == "Groups":
			in.group(p.Row[0].Text)
		}
		return
	}
	get := func(name string) string {
		for i, n := range p.Names {
			if n == name {
				return p.Row[i].Text
			}
		}
		return ""
	}
	switch section {
	case "LaunchTemplateData":
		for i, c := range p.Row {
			in.set(p.Names[i], c)
		}
	case "MetadataOptions":
		for i, c := range p.Row {
			in.Metadata.Set(p.Names[i], c.Text, c.Line)
		}
	case "IamInstanceProfile":
		in.InstanceProfile = get("Name") + get("Arn")
	case "NetworkInterfaces":
		if len(in.Interfaces) < maxList {
			in.Interfaces = append(in.Interfaces, Interface{
				Line: p.Row[0].Line, Device: get("DeviceIndex"), Card: get("NetworkCardIndex"),
				Type: get("InterfaceType"), PublicIP: strings.ToLower(get("AssociatePublicIpAddress")),
			})
		}
	case "Tags":
		in.tag(get("Key"), get("Value"))
	}
}
