// SPDX-License-Identifier: Apache-2.0

package elb

// SSLPolicies are the security policies of Application Load Balancers with their
// protocols.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var SSLPolicies = map[string][]string{
	"ELBSecurityPolicy-2016-08":                {"TLSv1", "TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-2015-05":                {"TLSv1", "TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-TLS-1-0-2015-04":        {"TLSv1", "TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-TLS-1-1-2017-01":        {"TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-TLS-1-2-2017-01":        {"TLSv1.2"},
	"ELBSecurityPolicy-TLS-1-2-Ext-2018-06":    {"TLSv1.2"},
	"ELBSecurityPolicy-FS-2018-06":             {"TLSv1", "TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-FS-1-1-2019-08":         {"TLSv1.1", "TLSv1.2"},
	"ELBSecurityPolicy-FS-1-2-2019-08":         {"TLSv1.2"},
	"ELBSecurityPolicy-FS-1-2-Res-2019-08":     {"TLSv1.2"},
	"ELBSecurityPolicy-FS-1-2-Res-2020-10":     {"TLSv1.2"},
	"ELBSecurityPolicy-TLS13-1-0-2021-06":      {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-1-2021-06":      {"TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-2021-06":      {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Res-2021-06":  {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-3-2021-06":      {"TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04": {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04": {"TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04": {"TLSv1.3"},

	"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04":  {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04": {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-0-PQ-2025-09":        {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-PQ-2025-09":        {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09":    {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09":   {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09":   {"TLSv1.2", "TLSv1.3"},
	"ELBSecurityPolicy-TLS13-1-3-PQ-2025-09":        {"TLSv1.3"},
}
