// Package launchtemplate reads what "aws ec2 describe-launch-template-versions"
// says of the template that nodes are made from, in any output format of the
// AWS CLI. People put it next to the bundle. What a file does not say is zero:
// of a template that means that the image or the account decides.
package launchtemplate

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/internal/awscli"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
	"github.com/eksleuth/eksleuth/parsers/internal/userdata"
)

// Format is the output of describe-launch-template-versions.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Output of aws ec2 describe-launch-template-versions: json, yaml, yaml-stream, table or text, whole or with --query.",
	Files:  []string{"describe-launch-template*", "extra/describe-launch-template*", "*/describe-launch-template*"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "launchtemplate"

// Templates is what one file says.
type Templates struct {
	Versions []Version
	// Projected means that the file is the result of a --query: a zero field
	// was not asked for, and nothing follows from its absence.
	Projected bool
	// Cut says where and why the file was not read whole, or that there are
	// more than are kept; "" if all was read.
	Cut string
}

// A Version is one version of a launch template.
type Version struct {
	Line        int
	ID          string // "lt-..."
	Name        string
	Number      int  // 0 when not known
	Default     bool // the version that is used when none is asked for
	Description string
	Created     string // RFC 3339, as the file has it

	InstanceType    string
	Image           string   // "ami-..."
	InstanceProfile string   // name or ARN
	SecurityGroups  []string // not those of its interfaces
	Interfaces      []Interface
	Metadata        ec2.MetadataOptions
	UserData        *userdata.Data // nil without; what it is, not its text
	UserDataLine    int

	// What the tags that it gives to instances say.
	Cluster, NodeGroup string
}

// An Interface is a network interface that a template asks for.
type Interface struct {
	Line           int
	Device, Card   string // their numbers
	Type           string // "efa"
	PublicIP       string // "true", "false"
	SecurityGroups []string
}

// Limits of what is kept.
const (
	maxVersions = 10_000 // as many versions can a template have
	maxList     = 64     // security groups, interfaces
)

var tooMany = fmt.Sprintf("more than %d versions", maxVersions)

// Parse reads a file.
func Parse(file string, text []byte) (*Templates, error) {
	r := &reader{out: &Templates{Projected: true}}
	err := r.read(text)
	if len(r.out.Versions) == 0 {
		if err == nil {
			err = errors.New("no versions of a launch template")
		}
		return nil, tree.Fail(name, file, err)
	}
	if err == nil && (!r.out.Projected || len(r.out.Versions) > 1) {
		err = awscli.Torn(awscli.Output(text, begins))
	}
	if err != nil {
		r.out.Cut = err.Error()
	}
	return r.out, nil
}

// reader collects the versions of a file.
type reader struct{ out *Templates }

func (r *reader) read(text []byte) error {
	all := awscli.Reader{Begins: begins, IsText: isText, Value: r.value, Table: r.table, Text: r.text}
	return all.Read(text)
}

// value looks for versions in a part of a document, whatever the query was.
func (r *reader) value(v *tree.Value) {
	switch v.Kind {
	case tree.List:
		var row []awscli.Cell
		for _, item := range v.Items {
			if item.Kind == tree.Scalar {
				row = append(row, awscli.Cell{Text: item.Text, Line: item.Line})
			}
		}
		r.row(row)
		for _, item := range v.Items {
			r.value(item)
		}
	case tree.Map:
		r.object(v)
	}
}

// object reads a map: an answer, a version, or the data of one alone.
//
//	"LaunchTemplateVersions": [
//	    {
//	        "LaunchTemplateId": "lt-0d4e5f6a7b8c91234",
//	        "VersionNumber": 3,
//	        "LaunchTemplateData": {
//	            "MetadataOptions": {
func (r *reader) object(v *tree.Value) {
	if all := slices.Concat(v.All("LaunchTemplateVersions"), v.All("LaunchTemplateVersion")); len(all) > 0 {
		r.out.Projected = false
		for _, versions := range all {
			r.value(versions)
		}
		return
	}
	in := Version{Line: v.Line}
	in.head(v)
	data := v.Get("LaunchTemplateData")
	if data == nil {
		data = v // a query may have put its fields among the others
	}
	in.data(data)
	r.add(in)
}

// add keeps a version that says anything.
func (r *reader) add(in Version) {
	switch {
	case in.ID == "" && in.Name == "" && in.Number == 0 && in.Metadata.Line == 0 && in.Image == "" && in.InstanceType == "" && in.UserData == nil:
	case len(r.out.Versions) >= maxVersions:
		r.out.Cut = tooMany
	default:
		r.out.Versions = append(r.out.Versions, in)
	}
}

// head reads the fields that say which version it is.
func (in *Version) head(v *tree.Value) {
	for i, key := range v.Keys {
		if v.Items[i].Kind == tree.Scalar {
			in.set(key, awscli.Cell{Text: v.Items[i].Text, Line: v.Items[i].Line})
		}
	}
}

// set takes a scalar field of a version, or of its data.
func (in *Version) set(key string, c awscli.Cell) {
	switch key {
	case "LaunchTemplateId":
		in.ID, in.Line = c.Text, c.Line
	case "LaunchTemplateName":
		in.Name = c.Text
	case "VersionNumber", "Version":
		in.Number, _ = strconv.Atoi(c.Text)
	case "DefaultVersion":
		in.Default = strings.EqualFold(c.Text, "true")
	case "VersionDescription":
		in.Description = short(c.Text)
	case "CreateTime":
		in.Created = short(c.Text)
	case "InstanceType":
		in.InstanceType = c.Text
	case "ImageId":
		in.Image = c.Text
	case "UserData":
		in.userData(c)
	}
}

func (in *Version) userData(c awscli.Cell) {
	if c.Text != "" && c.Text != "None" && in.UserData == nil {
		in.UserData, in.UserDataLine = userdata.Encoded(c.Text), c.Line
	}
}

func short(s string) string { return strings.ToValidUTF8(s[:min(len(s), 300)], "?") }

// data reads the settings of a version.
func (in *Version) data(v *tree.Value) {
	in.head(v)
	in.SecurityGroups = texts(v.Get("SecurityGroupIds"))
	in.InstanceProfile = v.String("IamInstanceProfile", "Name") + v.String("IamInstanceProfile", "Arn")
	if m := v.Get("MetadataOptions"); m != nil && m.Kind == tree.Map {
		in.Metadata = ec2.OptionsOf(m)
	} else {
		in.Metadata = ec2.OptionsOf(v)
	}
	if all := v.Get("NetworkInterfaces"); all != nil {
		for _, i := range all.Items[:min(len(all.Items), maxList)] {
			in.Interfaces = append(in.Interfaces, Interface{
				Line: i.Line, Device: i.String("DeviceIndex"), Card: i.String("NetworkCardIndex"), Type: i.String("InterfaceType"),
				PublicIP: i.String("AssociatePublicIpAddress"), SecurityGroups: texts(i.Get("Groups")),
			})
		}
	}
	if all := v.Get("TagSpecifications"); all != nil {
		for _, spec := range all.Items {
			if tags := spec.Get("Tags"); tags != nil && spec.String("ResourceType") == "instance" {
				for _, tag := range tags.Items {
					in.tag(tag.String("Key"), tag.String("Value"))
				}
			}
		}
	}
}

func (in *Version) tag(key, value string) {
	switch key {
	case "eks:cluster-name":
		in.Cluster = value
	case "eks:nodegroup-name":
		in.NodeGroup = value
	}
}

// texts are the scalars of a list.
func texts(v *tree.Value) (out []string) {
	if v == nil {
		return nil
	}
	for _, item := range v.Items[:min(len(v.Items), maxList)] {
		if item.Kind == tree.Scalar {
			out = append(out, item.Text)
		}
	}
	return out
}

var (
	idText    = regexp.MustCompile(`^lt-[0-9a-f]{8,32}$`)
	imageText = regexp.MustCompile(`^ami-[0-9a-f]{8,32}$`)
)

// row reads the values of a query without their names, such as
//
//	lt-0d4e5f6a7b8c91234  3  required  1
//
// Each of these but the numbers has a form of its own. A number behind the ID
// is that of the version, one behind the use of tokens the hop limit.
func (r *reader) row(cells []awscli.Cell) {
	var in Version
	for i, c := range cells {
		before := ""
		if i > 0 {
			before = cells[i-1].Text
		}
		switch {
		case idText.MatchString(c.Text) && in.ID == "":
			in.ID, in.Line = c.Text, c.Line
		case imageText.MatchString(c.Text):
			in.Image = c.Text
		case idText.MatchString(before):
			in.Number, _ = strconv.Atoi(c.Text)
		case before == "required" || before == "optional":
			in.Metadata.Set("HttpPutResponseHopLimit", c.Text, c.Line)
		}
		in.Metadata.Set("HttpTokens", c.Text, c.Line)
	}
	if in.ID != "" {
		r.add(in)
	}
}

// sniff accepts the beginnings of all forms that this package reads.
func sniff(head []byte) bool {
	head = bytes.TrimLeft(awscli.Output(head, begins), " \t\r\n")
	if len(head) == 0 {
		return false
	}
	squeezed := string(bytes.Join(bytes.Fields(head[:min(len(head), 200)]), nil))
	switch {
	case head[0] == '{' || head[0] == '[':
		return jsonStart.MatchString(squeezed)
	case awscli.LooksLikeTable(head):
		return awscli.IsTable(head, "DescribeLaunchTemplateVersions")
	case isText(head):
		return true
	}
	return yamlStart.Match(head)
}

var (
	jsonStart = regexp.MustCompile(`^(?:\{"LaunchTemplateVersions?":|[\[{]{1,4}"LaunchTemplate(?:Id|Name|Data)":|\[{1,3}"lt-[0-9a-f]{8,32}")`)
	yamlStart = regexp.MustCompile(`^(?:- )?(?:LaunchTemplateVersions?:\s|LaunchTemplate(?:Id|Name|Data):\s|(?:- )+lt-[0-9a-f]{8,32}\s)`)
	textStart = regexp.MustCompile(`^(?:LAUNCHTEMPLATEVERSIONS?\t|LAUNCHTEMPLATEDATA\t|lt-[0-9a-f]{8,32}\t)`)
)

// isText reports whether a file starts as a text output does.
func isText(head []byte) bool { return textStart.Match(head) }

// begins reports whether a text or yaml output starts here.
func begins(text []byte) bool {
	head := text[:min(len(text), 1000)]
	return isText(head) || yamlStart.Match(head)
}
