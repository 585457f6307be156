// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	permissionDoc  = reference + "API_IpPermission.html"
	descriptionDoc = reference + "API_IpRange.html"
	portMost       = 65535
	icmpMost       = 255
	protocolMost   = 255
)

// protocols are those with ports or types, by their numbers.
var protocols = map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}

// Protocol returns the name that EC2 gives a protocol back under: "6" and "TCP"
// are "tcp".
func Protocol(p string) string {
	p = strings.ToLower(p)
	if name, ok := protocols[p]; ok {
		return name
	}
	return p
}

// permissionRules are the rules of a list of permissions, for the inputs that
// have one.
var permissionRules = []struct {
	rules.Meta
	check func(r *rules.Report, path string, p ec2types.IpPermission)
}{
	{rules.Meta{ID: "ec2-permission-protocol", Code: malformed, Doc: permissionDoc}, checkProtocol},
	{rules.Meta{ID: "ec2-permission-ports", Code: invalidValue, Doc: permissionDoc}, checkPorts},
	{rules.Meta{ID: "ec2-permission-cidr", Code: invalidValue, Doc: descriptionDoc}, checkCIDRs},
	{rules.Meta{ID: "ec2-permission-peers", Code: malformed, Doc: permissionDoc}, checkPeers},
	{rules.Meta{ID: "ec2-permission-description", Code: invalidValue, Doc: descriptionDoc,
		Text: "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: " +
			" a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"}, checkDescriptions},
}

// permissions makes the rules of an input from its list of permissions.
func permissions[T any](list func(*T) []ec2types.IpPermission) rules.Of[T] {
	var of rules.Of[T]
	for _, rule := range permissionRules {
		of = append(of, rules.Rule[T]{Meta: rule.Meta, Check: func(r *rules.Report, in *T) {
			for i, p := range list(in) {
				rule.check(r, rules.Elem("IpPermissions", nil, i), p)
			}
		}})
	}
	return of
}

func checkProtocol(r *rules.Report, path string, p ec2types.IpPermission) {
	name := Protocol(aws.ToString(p.IpProtocol))
	if name == "" {
		r.Add(rules.Problem{Path: path + ".IpProtocol", Want: "a protocol", Code: missingParameter,
			Text: "The request must contain the parameter ipProtocol"})
		return
	}
	if slices.Contains([]string{"-1", "tcp", "udp", "icmp", "icmpv6"}, name) {
		return
	}
	if n, err := strconv.Atoi(name); err != nil || n < 0 || n > protocolMost {
		r.Add(rules.Problem{Path: path + ".IpProtocol", Got: name, Want: `"tcp", "udp", "icmp", "icmpv6", "-1" or a protocol number`,
			Text: fmt.Sprintf(`Unsupported IP protocol "%s"  - supported: [tcp, udp, icmp]`, name)})
	}
}

func checkPorts(r *rules.Report, path string, p ec2types.IpPermission) {
	switch name := Protocol(aws.ToString(p.IpProtocol)); name {
	case "tcp", "udp":
		checkPortRange(r, path, p.FromPort, p.ToPort)
	case "icmp", "icmpv6":
		checkICMP(r, path, name, p.FromPort, p.ToPort)
	}
}

func checkPortRange(r *rules.Report, path string, from, to *int32) {
	if from == nil || to == nil {
		r.Add(rules.Problem{Path: path + ".FromPort", Want: "both a first and a last port",
			Text: "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."})
		return
	}
	for _, end := range []struct {
		field string
		port  int32
	}{{"FromPort", *from}, {"ToPort", *to}} {
		if end.port < 0 || end.port > portMost {
			r.Add(rules.Problem{Path: path + "." + end.field, Got: strconv.Itoa(int(end.port)), Want: "0 to 65535",
				Text: fmt.Sprintf("TCP/UDP port (%d) out of range", end.port)})
			return
		}
	}
	if *from > *to {
		r.Add(rules.Problem{Path: path + ".FromPort", Got: fmt.Sprintf("%d to %d", *from, *to), Want: "a first port that is not above the last",
			Text: fmt.Sprintf("Invalid TCP/UDP port range (%d:%d)", *from, *to)})
	}
}

func checkICMP(r *rules.Report, path, name string, from, to *int32) {
	if from == nil && to == nil && name == "icmpv6" {
		return
	}
	kind, code := aws.ToInt32(from), aws.ToInt32(to)
	switch {
	case from == nil || to == nil: // https://github.com/lucidsoftware/cumulus/issues/64
		r.Add(rules.Problem{Path: path + ".FromPort", Want: "both an ICMP type and a code",
			Text: "Invalid value 'Must specify both from and to ports with ICMP.' for portRange."})
	case kind < -1 || kind > icmpMost:
		r.Add(rules.Problem{Path: path + ".FromPort", Got: strconv.Itoa(int(kind)), Want: "-1 (all) to 255",
			Text: fmt.Sprintf("ICMP type (%d) out of range", kind)})
	case code < -1 || code > icmpMost || (kind == -1 && code != -1):
		r.Add(rules.Problem{Path: path + ".ToPort", Got: strconv.Itoa(int(code)), Want: "-1 (all) to 255, and -1 where the type is",
			Text: fmt.Sprintf("ICMP code (%d) out of range", code)})
	}
}

func checkCIDRs(r *rules.Report, path string, p ec2types.IpPermission) {
	for i, v := range p.IpRanges {
		checkCIDR(r, fmt.Sprintf("%s.IpRanges[%d].CidrIp", path, i), aws.ToString(v.CidrIp), false)
	}
	for i, v := range p.Ipv6Ranges {
		checkCIDR(r, fmt.Sprintf("%s.Ipv6Ranges[%d].CidrIpv6", path, i), aws.ToString(v.CidrIpv6), true)
	}
}

func checkCIDR(r *rules.Report, path, cidr string, v6 bool) {
	if slipway.HasRef(cidr) {
		return
	}
	prefix, err := netip.ParsePrefix(cidr)
	if err == nil && prefix.Addr().Is6() == v6 {
		return
	}
	want := "an IPv4 range such as 10.0.0.0/16"
	if v6 {
		want = "an IPv6 range such as 2001:db8::/32"
	}
	r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%q", cidr), Want: want,
		Text: fmt.Sprintf("CIDR block %s is malformed", cidr)})
}

var (
	groupID  = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
	prefixID = regexp.MustCompile(`^pl-[0-9a-f]{8,17}$`)
)

func checkPeers(r *rules.Report, path string, p ec2types.IpPermission) {
	if Peers(p) == 0 { // https://github.com/boto/boto3/issues/1078
		r.Add(rules.Problem{Path: path, Got: "no peer", Want: "a range of addresses, a security group or a prefix list",
			Code: missingParameter, Text: "Missing source specification: include source security group or CIDR information"})
	}
	for i, g := range p.UserIdGroupPairs {
		if g.GroupId != nil && !groupID.MatchString(*g.GroupId) {
			r.Add(rules.Problem{Path: fmt.Sprintf("%s.UserIdGroupPairs[%d].GroupId", path, i), Got: *g.GroupId,
				Want: `the ID of a security group ("sg-...")`, Code: "InvalidGroupId.Malformed",
				Text: fmt.Sprintf(`Invalid id: "%s" (expecting "sg-...")`, *g.GroupId)})
		}
	}
	for i, l := range p.PrefixListIds {
		if id := aws.ToString(l.PrefixListId); !prefixID.MatchString(id) {
			r.Add(rules.Problem{Path: fmt.Sprintf("%s.PrefixListIds[%d].PrefixListId", path, i), Got: id,
				Want: `the ID of a prefix list ("pl-...")`, Code: "InvalidPrefixListID.Malformed",
				Text: fmt.Sprintf(`Invalid id: "%s" (expecting "pl-...")`, id)})
		}
	}
}

// Peers returns how many sources or destinations a permission has.
func Peers(p ec2types.IpPermission) int {
	return len(p.IpRanges) + len(p.Ipv6Ranges) + len(p.PrefixListIds) + len(p.UserIdGroupPairs)
}

func checkDescriptions(r *rules.Report, path string, p ec2types.IpPermission) {
	for i, v := range p.IpRanges {
		checkGroupText(r, fmt.Sprintf("%s.IpRanges[%d].Description", path, i), v.Description)
	}
	for i, v := range p.Ipv6Ranges {
		checkGroupText(r, fmt.Sprintf("%s.Ipv6Ranges[%d].Description", path, i), v.Description)
	}
	for i, v := range p.PrefixListIds {
		checkGroupText(r, fmt.Sprintf("%s.PrefixListIds[%d].Description", path, i), v.Description)
	}
	for i, v := range p.UserIdGroupPairs {
		checkGroupText(r, fmt.Sprintf("%s.UserIdGroupPairs[%d].Description", path, i), v.Description)
	}
}
