// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// dnsName is a balancer's name, with and without what asks for IPv6 too. The region
// comes before "elb", or after it for Network Load Balancers.
var dnsName = regexp.MustCompile(`^(?:dualstack\.)?([a-z0-9-]+\.(?:([a-z0-9-]+)\.elb|elb\.([a-z0-9-]+))\.amazonaws\.com)$`)

// Serves reports whether a host name is one of load balancers.
func Serves(host string) bool { return dnsName.MatchString(strings.ToLower(host)) }

// RoundTrip answers an HTTP request to a balancer's DNS name as a client on the
// internet would have it answered. The Host header may be another than the name:
// that is how a custom domain is tried out. Certificates are not looked at, cookies
// do not make requests stick to a target, and a connection that would time out
// fails at once.
func (f *Fake) RoundTrip(in *http.Request) (*http.Response, error) {
	if in.Body != nil {
		if err := in.Body.Close(); err != nil {
			return nil, err
		}
	}
	if err := in.Context().Err(); err != nil {
		return nil, err
	}
	var (
		out answer
		err error
	)
	f.sim.Do(func() { out, err = f.exchange(in) })
	if err != nil {
		return nil, err
	}
	return out.response(in), nil
}

// exchange finds the listener that a request arrives at and has it answered.
func (f *Fake) exchange(in *http.Request) (answer, error) {
	if r, b := f.classicNamed(in.URL.Hostname()); b != nil {
		return f.throughClassic(r, b, in)
	}
	r, b := f.named(in.URL.Hostname())
	if b == nil || !b.active() {
		return answer{}, &net.DNSError{Err: "no such host", Name: in.URL.Hostname(), IsNotFound: true}
	}
	port := portOf(in)
	if !f.admitsInternet(r, b, port) {
		return answer{}, dialError(in, port, syscall.ETIMEDOUT)
	}
	l := r.listenerOn(b, port)
	if l == nil {
		return answer{}, dialError(in, port, syscall.ECONNREFUSED)
	}
	if b.network() {
		return f.passOn(r, b, l, in)
	}
	secure := l.view.Protocol == elbtypes.ProtocolEnumHttps
	switch {
	case in.URL.Scheme == "https" && !secure:
		return answer{}, http.ErrSchemeMismatch
	case in.URL.Scheme != "https" && secure:
		return ownAnswer(http.StatusBadRequest, "The plain HTTP request was sent to HTTPS port"), nil
	}
	return f.follow(r, b, l, newRequest(in, port))
}

// named returns the balancer of a DNS name and its region, or nil.
func (f *Fake) named(host string) (*region, *balancer) {
	m := dnsName.FindStringSubmatch(strings.ToLower(host))
	if m == nil {
		return nil, nil
	}
	r := f.of(m[2] + m[3])
	i := slices.IndexFunc(r.balancers, func(b *balancer) bool {
		return strings.EqualFold(aws.ToString(b.view.DNSName), m[1])
	})
	if i < 0 {
		return nil, nil
	}
	return r, r.balancers[i]
}

// classicNamed returns the Classic Load Balancer of a DNS name and its region, or nil.
func (f *Fake) classicNamed(host string) (*region, *classic) {
	m := dnsName.FindStringSubmatch(strings.ToLower(host))
	if len(m) == 0 {
		return nil, nil
	}
	r := f.of(m[2] + m[3])
	for _, b := range r.classics {
		if strings.EqualFold(aws.ToString(b.view.DNSName), m[1]) {
			return r, b
		}
	}
	return r, nil
}

// admitsInternet reports whether somebody on the internet can open a connection:
// the balancer faces it, has a node in a public subnet (clients try the addresses
// of a name one after the other), and its security groups let everybody in.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#client-cannot-connect
func (f *Fake) admitsInternet(r *region, b *balancer, port int32) bool {
	public := func(id string) bool {
		s, ok := f.network.Subnet(r.name, id)
		return ok && s.Public
	}
	open := b.network() && len(b.view.SecurityGroups) == 0
	return b.view.Scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing &&
		slices.ContainsFunc(b.subnets(), public) && (open || f.network.Permits(r.name, nil, b.view.SecurityGroups, port))
}

func (r *region) listenerOn(b *balancer, port int32) *listener {
	for _, l := range r.listeners {
		if aws.ToString(l.view.LoadBalancerArn) == b.arn() && aws.ToInt32(l.view.Port) == port {
			return l
		}
	}
	return nil
}

// portOf is the port that a request goes to; 0 if it is none.
func portOf(in *http.Request) int32 {
	standard := "80"
	if in.URL.Scheme == "https" {
		standard = "443"
	}
	n, err := strconv.ParseUint(cmp.Or(in.URL.Port(), standard), 10, 16)
	if err != nil {
		return 0
	}
	return int32(n)
}

// endpoint is an address as errors show it.
type endpoint string

func (endpoint) Network() string  { return "tcp" }
func (e endpoint) String() string { return string(e) }

func dialError(in *http.Request, port int32, why syscall.Errno) error {
	to := endpoint(fmt.Sprintf("%s:%d", in.URL.Hostname(), port))
	return &net.OpError{Op: "dial", Net: "tcp", Addr: to, Err: os.NewSyscallError("connect", why)}
}

// answer is an HTTP response to be.
type answer struct {
	status int
	header http.Header
	body   string
}

// texts are the balancer's where they differ from Go's.
var texts = map[int]string{
	http.StatusServiceUnavailable: "Service Temporarily Unavailable", http.StatusGatewayTimeout: "Gateway Time-out",
}

// ownAnswer is a page that the balancer itself makes. more goes below the title.
func ownAnswer(status int, more string) answer {
	title := fmt.Sprintf("%d %s", status, cmp.Or(texts[status], http.StatusText(status)))
	body := "<html>\n<head><title>" + title + "</title></head>\n<body>\n<center><h1>" + title + "</h1></center>\n"
	if more != "" {
		body += "<center>" + more + "</center>\n"
	}
	return answer{
		status: status, body: body + "</body>\n</html>\n",
		header: http.Header{"Server": {"awselb/2.0"}, "Content-Type": {"text/html"}},
	}
}

func (a answer) response(in *http.Request) *http.Response {
	body := a.body
	if in.Method == http.MethodHead {
		body = ""
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, cmp.Or(texts[a.status], http.StatusText(a.status))), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: in,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(a.body)),
	}
}
