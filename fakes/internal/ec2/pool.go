// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// AWS keeps the first four addresses of a subnet and the last, see
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html.
const (
	keptFirst = 4
	keptLast  = 1
)

// pool are the addresses of a subnet.
type pool struct {
	block netip.Prefix
	taken map[netip.Addr]bool
}

func newPool(block netip.Prefix) *pool { return &pool{block: block, taken: map[netip.Addr]bool{}} }

func (p *pool) size() int { return 1<<(32-p.block.Bits()) - keptFirst - keptLast }
func (p *pool) used() int { return len(p.taken) }
func (p *pool) free() int { return p.size() - p.used() }

// at returns the nth address that can be used.
func (p *pool) at(n int) netip.Addr {
	base := p.block.Addr().As4()
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(base[:])+uint32(n+keptFirst))
	return netip.AddrFrom4(b)
}

// usable reports whether a thing may have the address.
func (p *pool) usable(a netip.Addr) bool {
	return p.block.Contains(a) && !a.Less(p.at(0)) && !p.at(p.size()-1).Less(a)
}

// take takes a free address. Where it looks first depends on the digits (of a
// hash of what the address is for) and not on the order of calls.
func (p *pool) take(digits string) (netip.Addr, bool) {
	if p.free() == 0 {
		return netip.Addr{}, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		n = 0
	}
	start := int(n % uint64(p.size()))
	for i := range p.size() {
		a := p.at((start + i) % p.size())
		if !p.taken[a] {
			p.taken[a] = true
			return a, true
		}
	}
	return netip.Addr{}, false
}
