// Package ec2 reads what "aws ec2 describe-instances" says of the instance
// behind a node. The collector does not write it; people put it next to the
// bundle's files, in any output format of the AWS CLI and often cut down with
// --query. What a file does not say is zero.
package ec2

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/awscli"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the output of describe-instances.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Output of aws ec2 describe-instances: json, yaml, yaml-stream, table or text, whole or with --query.",
	Files:  []string{"describe-instances*", "extra/describe-instances*", "*/describe-instances*"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ec2"

// Instances is what one file says.
type Instances struct {
	Instances []Instance
	// Projected means that the file is the result of a --query: a zero
	// field was not asked for, and nothing follows from its absence.
	Projected bool
	// Cut says where and why the file was not read whole, or that there are
	// more than are kept; "" if all was read.
	Cut string
}

// An Instance is one EC2 instance.
type Instance struct {
	Line            int
	InstanceID      string
	Type            string // "m5.large"
	PrivateDNS      string
	PrivateIP       string
	InstanceProfile string // ARN
	State           string // "running"
	Image           string // "ami-..."
	Metadata        MetadataOptions

	// What its tags say.
	LaunchTemplate        string // "lt-..."
	LaunchTemplateVersion string // "3"
	Cluster               string // name of the EKS cluster
	NodeGroup             string
}

// MetadataOptions are the settings of the instance metadata service. A Line is
// where the value stands, 0 when the file does not say it.
type MetadataOptions struct {
	Line         int    // of the options
	State        string // "applied", "pending"
	Endpoint     string // HttpEndpoint: "enabled", "disabled"
	EndpointLine int
	Tokens       string // HttpTokens: "optional", "required"
	TokensLine   int
	HopLimit     int // HttpPutResponseHopLimit, 1 to 64
	HopLimitLine int
	IPv6         string // HttpProtocolIpv6
	Tags         string // InstanceMetadataTags
}

// ErrNone is the error of Parse for an answer without instances, such as
//
//	{
//	    "Reservations": []
//	}
var ErrNone = errors.New("no instances match")

// Parse reads a file.
func Parse(file string, text []byte) (*Instances, error) {
	r := &reader{out: &Instances{Projected: true}}
	err := r.read(text)
	if len(r.out.Instances) == 0 {
		switch {
		case err == nil && !r.out.Projected:
			err = ErrNone
		case err == nil:
			err = errors.New("no instances")
		}
		return nil, tree.Fail(name, file, err)
	}
	switch {
	case r.full():
		err = fmt.Errorf("more than %d instances", maxInstances)
	case err == nil && (!r.out.Projected || len(r.out.Instances) > 1):
		err = awscli.Torn(awscli.Output(text, begins))
	}
	if err != nil {
		r.out.Cut = err.Error()
	}
	return r.out, nil
}

// maxInstances bounds what is kept of a file.
const maxInstances = 50_000

// reader collects the instances of a file.
type reader struct{ out *Instances }

func (r *reader) full() bool { return len(r.out.Instances) >= maxInstances }

func (r *reader) read(text []byte) error {
	all := awscli.Reader{Begins: begins, IsText: isText, Value: r.value, Table: r.table, Text: r.text}
	return all.Read(text)
}

// value looks for instances in a part of a document, whatever the query was.
func (r *reader) value(v *tree.Value) {
	switch v.Kind {
	case tree.List:
		if row := scalars(v); len(row) > 0 {
			r.listed(v, row)
			return
		}
		for _, item := range v.Items {
			r.value(item)
		}
	case tree.Map:
		r.object(v)
	}
}

// object reads a map: an answer, a reservation, an instance, its metadata
// options alone, or the names of a query with its values.
func (r *reader) object(v *tree.Value) {
	switch {
	case v.Get("Reservations") != nil:
		r.out.Projected = false
		for _, all := range v.All("Reservations") {
			r.value(all)
		}
	case v.Get("Instances") != nil:
		r.value(v.Get("Instances"))
	case v.Get("InstanceId") != nil || v.Get("MetadataOptions") != nil:
		r.add(instance(v))
	case v.Get("HttpTokens") != nil || v.Get("HttpEndpoint") != nil || v.Get("HttpPutResponseHopLimit") != nil:
		r.add(Instance{Line: v.Line, Metadata: OptionsOf(v)})
	default:
		r.named(v)
	}
}

// listed reads a list of values, among which may be the map of the options:
//
//	[InstanceId,MetadataOptions]
func (r *reader) listed(v *tree.Value, row []awscli.Cell) {
	in := values(row, v.Line)
	for _, item := range v.Items {
		if m := OptionsOf(item); item.Kind == tree.Map && m.Line != 0 {
			in.Metadata = m
		}
	}
	r.add(in)
}

// named reads a map whose names are those of a query: {ID: ..., Tok: ..., Hop: ...}.
// A name that speaks of hops tells which number is their limit.
func (r *reader) named(v *tree.Value) {
	in := values(scalars(v), v.Line)
	for i, key := range v.Keys {
		if item := v.Items[i]; item.Kind == tree.Scalar && hopName.MatchString(key) {
			in.Metadata.HopLimit, in.Metadata.HopLimitLine = 0, 0
			in.Metadata.Set("HttpPutResponseHopLimit", item.Text, item.Line)
		} else if item.Kind == tree.Scalar && endpointName.MatchString(key) {
			in.Metadata.Set("HttpEndpoint", item.Text, item.Line)
		}
	}
	r.add(in)
}

var (
	hopName      = regexp.MustCompile(`(?i)hop`)
	endpointName = regexp.MustCompile(`(?i)endpoint`)
)

// add keeps an instance that says anything.
func (r *reader) add(in Instance) {
	if (in.InstanceID != "" || in.Metadata.Line != 0) && !r.full() {
		r.out.Instances = append(r.out.Instances, in)
	}
}

// instance reads the map of an instance. A query may have put the metadata
// options among its fields.
func instance(v *tree.Value) Instance {
	in := Instance{
		Line:            v.Line,
		InstanceID:      v.String("InstanceId"),
		Type:            v.String("InstanceType"),
		PrivateDNS:      v.String("PrivateDnsName"),
		PrivateIP:       v.String("PrivateIpAddress"),
		InstanceProfile: v.String("IamInstanceProfile", "Arn"),
		State:           v.String("State", "Name"),
		Image:           v.String("ImageId"),
	}
	if tags := v.Get("Tags"); tags != nil {
		for _, tag := range tags.Items {
			in.tag(tag.String("Key"), tag.String("Value"))
		}
	}
	if id := v.Get("InstanceId"); id != nil {
		in.Line = id.Line
	}
	if m := v.Get("MetadataOptions"); m != nil && m.Kind == tree.Map {
		in.Metadata = OptionsOf(m)
	} else {
		in.Metadata = OptionsOf(v)
	}
	return in
}

// tag takes the tags that say what the instance was made by.
func (in *Instance) tag(key, value string) {
	switch key {
	case "aws:ec2launchtemplate:id":
		in.LaunchTemplate = value
	case "aws:ec2launchtemplate:version":
		in.LaunchTemplateVersion = value
	case "eks:cluster-name", "aws:eks:cluster-name":
		in.Cluster = value
	case "eks:nodegroup-name":
		in.NodeGroup = value
	}
}

// OptionsOf reads the map of metadata options. Cluster API writes the names of
// the fields with a small letter at the start.
func OptionsOf(v *tree.Value) MetadataOptions {
	var m MetadataOptions
	if v == nil {
		return m
	}
	for i, key := range v.Keys {
		if key != "" {
			m.Set(strings.ToUpper(key[:1])+key[1:], v.Items[i].Text, v.Items[i].Line)
		}
	}
	if m.Line != 0 {
		m.Line = v.Line
		m.State = v.String("State")
	}
	return m
}

// Set takes one of the options by its name in the API. Values that EC2 does not have are not taken:
// a null of the query, which the CLI prints as None.
func (m *MetadataOptions) Set(key, value string, line int) {
	switch key {
	case "HttpEndpoint":
		if value != "enabled" && value != "disabled" {
			return
		}
		m.Endpoint, m.EndpointLine = value, line
	case "HttpTokens":
		if value != "optional" && value != "required" {
			return
		}
		m.Tokens, m.TokensLine = value, line
	case "HttpPutResponseHopLimit":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 64 {
			return
		}
		m.HopLimit, m.HopLimitLine = n, line
	case "HttpProtocolIpv6":
		m.IPv6 = value
		return
	case "InstanceMetadataTags":
		m.Tags = value
		return
	default:
		return
	}
	if m.Line == 0 {
		m.Line = line
	}
}

// scalars returns the scalar items of a list or a map.
func scalars(v *tree.Value) []awscli.Cell {
	var row []awscli.Cell
	for _, item := range v.Items {
		if item.Kind == tree.Scalar {
			row = append(row, awscli.Cell{Text: item.Text, Line: item.Line})
		}
	}
	return row
}

var idText = regexp.MustCompile(`^m?i-[0-9a-f]{8,32}$`)

// row reads the values of a query without their names, such as
//
//	i-07c3d9ab1e4f301ef  required  1
//
// of [InstanceId,MetadataOptions.HttpTokens,MetadataOptions.HttpPutResponseHopLimit].
// Each of these has a form of its own, whatever the order. A number is the hop
// limit only where the use of tokens stands too, and no other number, or none
// other beside that; which option an "enabled" belongs to is known only where all
// of them stand, in the order of their names.
func (r *reader) row(cells []awscli.Cell, line int) { r.add(values(cells, line)) }

func values(cells []awscli.Cell, line int) Instance {
	in := Instance{Line: line}
	whole := false
	for _, c := range cells {
		switch {
		case idText.MatchString(c.Text) && in.InstanceID == "":
			in.InstanceID, in.Line = c.Text, c.Line
		case c.Text == "applied" || c.Text == "pending" && len(cells) >= 4:
			in.Metadata.State, whole = c.Text, true
		}
		in.identity(c.Text)
		in.Metadata.Set("HttpTokens", c.Text, c.Line)
	}
	if i := hopLimit(cells); i >= 0 && in.Metadata.Tokens != "" {
		in.Metadata.Set("HttpPutResponseHopLimit", cells[i].Text, cells[i].Line)
	}
	for _, c := range cells {
		if whole && in.Metadata.Endpoint == "" {
			in.Metadata.Set("HttpEndpoint", c.Text, c.Line)
		}
	}
	return in
}

// hopLimit finds the number that can be the hop limit; -1 if several can.
func hopLimit(cells []awscli.Cell) int {
	var all, near []int
	tokens := func(i int) bool {
		return i >= 0 && i < len(cells) && (cells[i].Text == "required" || cells[i].Text == "optional")
	}
	for i, c := range cells {
		if n, err := strconv.Atoi(c.Text); err == nil && n >= 1 && n <= 64 {
			all = append(all, i)
			if tokens(i-1) || tokens(i+1) {
				near = append(near, i)
			}
		}
	}
	switch {
	case len(all) == 1:
		return all[0]
	case len(near) == 1:
		return near[0]
	}
	return -1
}

// identity takes a value that tells which instance this is by its form.
func (in *Instance) identity(text string) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.IsPrivate() && in.PrivateIP == "" {
		in.PrivateIP = text
	}
	if in.PrivateDNS == "" && strings.HasSuffix(text, ".internal") {
		in.PrivateDNS = text
	}
	if in.Type == "" && typeText.MatchString(text) {
		in.Type = text
	}
}

var typeText = regexp.MustCompile(`^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.(?:nano|micro|small|medium|metal[a-z0-9-]*|[0-9]*x?large)$`)

// sniff accepts the beginnings of all forms that this package reads. Launch
// templates have metadata options too.
func sniff(head []byte) bool {
	head = bytes.TrimLeft(awscli.Output(head, begins), " \t\r\n")
	if len(head) == 0 || bytes.HasPrefix(head, []byte("lt-")) || bytes.Contains(head, []byte("LaunchTemplate")) {
		return false
	}
	squeezed := string(bytes.Join(bytes.Fields(head[:min(len(head), 200)]), nil))
	options := bytes.Contains(head, []byte("HttpTokens")) || bytes.Contains(head, []byte("HttpPutResponseHopLimit"))
	switch {
	case strings.HasPrefix(squeezed, `{"Reservations":[`):
		return true
	case head[0] == '[' || head[0] == '{':
		return options && jsonStart.MatchString(squeezed) || projected(jsonRecord(head))
	case bytes.HasPrefix(head, []byte("Reservations:")), bytes.HasPrefix(head, []byte("- Reservations:")):
		return true
	case bytes.HasPrefix(head, []byte("- ")), bytes.HasPrefix(head, []byte("Http")):
		return options && !bytes.Contains(head, []byte("{")) || yamlRow.Match(head) || projected(yamlRecord(head))
	case awscli.LooksLikeTable(head):
		return awscli.IsTable(head, "DescribeInstances")
	}
	return isText(head)
}

var (
	jsonStart = regexp.MustCompile(`^[\[{]{1,4}"[A-Z]\w*":`)
	yamlRow   = regexp.MustCompile(`^(?:- ){1,3}i-[0-9a-f]{8,17}\r?\n *- (?:required|optional|enabled|disabled)\r?\n`)
)
