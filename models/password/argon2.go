package password

import (
	"encoding/binary"
	"hash"
	"math/bits"

	"golang.org/x/crypto/blake2b"
)

// argon2Key computes the Argon2 of RFC 9106 in version 16, which
// golang.org/x/crypto lacks. Only old hashes need it; Django verifies them by
// the reference library. The parameters must be in range (see [Argon2]). It
// computes the lanes one after the other and is slower than
// golang.org/x/crypto.
func argon2Key(password []byte, hash argon2Hash) []byte {
	p := hash.params
	a := argon2Memory{variety: argon2Types[hash.variety], lanes: uint32(p.Parallelism), passes: p.Time}
	a.segment = p.Memory / (argon2Slices * a.lanes)
	a.width = argon2Slices * a.segment
	a.blocks = make([]argon2Block, a.lanes*a.width)
	a.begin(password, hash.salt, p.Memory, hash.size)
	for pass := range a.passes {
		for slice := range uint32(argon2Slices) {
			for lane := range a.lanes {
				a.fill(pass, slice, lane)
			}
		}
	}
	return a.end(hash.size)
}

const (
	argon2Slices  = 4
	argon2Version = 19
	// argon2Old is the version that the reference library used until 2016.
	// Before then it did not write the version into hashes.
	argon2Old = 16
)

// argon2Types holds the numbers of the varieties (section 3.2, step 1).
var argon2Types = map[string]uint32{argon2I: 1, argon2ID: 2}

// argon2Block is a block of 1 KiB.
type argon2Block [128]uint64

// argon2Memory is the memory: lanes of width blocks, each divided into four
// segments.
type argon2Memory struct {
	blocks                        []argon2Block
	variety                       uint32
	lanes, width, segment, passes uint32
}

// begin computes the first two blocks of each lane (RFC 9106, section 3.2,
// steps 1 to 4).
func (a *argon2Memory) begin(password, salt []byte, memory, size uint32) {
	h, _ := blake2b.New512(nil) // fails for a key that is too long
	writeUint32(h, a.lanes, size, memory, a.passes, argon2Old, a.variety)
	for _, field := range [][]byte{password, salt, nil, nil} { // no secret, no associated data
		writeUint32(h, uint32(len(field)))
		h.Write(field)
	}
	seed := h.Sum(nil)
	for lane := range a.lanes {
		for i := range uint32(2) {
			input := binary.LittleEndian.AppendUint32(append([]byte{}, seed...), i)
			a.blocks[lane*a.width+i].read(argon2VariableHash(binary.LittleEndian.AppendUint32(input, lane), 1024))
		}
	}
}

// fill computes a segment (steps 5 and 6). In later passes it overwrites the
// blocks to which version 19 would add.
func (a *argon2Memory) fill(pass, slice, lane uint32) {
	index := uint32(0)
	if pass == 0 && slice == 0 {
		index = 2 // begin has made the first two
	}
	addresses := a.addresses(pass, slice, lane)
	for ; index < a.segment; index++ {
		column := slice*a.segment + index
		previous := &a.blocks[lane*a.width+(column+a.width-1)%a.width]
		random := previous[0]
		if addresses != nil {
			random = addresses.at(index)
		}
		refLane := uint32(random>>32) % a.lanes
		if pass == 0 && slice == 0 {
			refLane = lane
		}
		start, size := a.window(pass, slice, index, refLane == lane)
		x := random & 0xffffffff
		x = x * x >> 32
		refColumn := (uint64(start) + uint64(size) - 1 - uint64(size)*x>>32) % uint64(a.width)
		block := &a.blocks[lane*a.width+column]
		block.compress(previous, &a.blocks[refLane*a.width+uint32(refColumn)])
	}
}

// addresses returns the positions that the blocks of a segment refer to, or nil
// if each block's predecessor supplies them: for Argon2id after the first half
// of the first pass (section 3.4.1).
func (a *argon2Memory) addresses(pass, slice, lane uint32) *argon2Addresses {
	if a.variety == argon2Types[argon2ID] && (pass > 0 || slice >= argon2Slices/2) {
		return nil
	}
	input := argon2Block{
		uint64(pass), uint64(lane), uint64(slice), uint64(len(a.blocks)), uint64(a.passes), uint64(a.variety),
	}
	return &argon2Addresses{input: input}
}

// argon2Addresses computes addresses that do not depend on the password, 128 at
// a time (section 3.4.1.2).
type argon2Addresses struct {
	input, block argon2Block // input[6] counts the blocks
}

// at returns the address for index. Successive calls must ascend by one,
// starting below 128.
func (g *argon2Addresses) at(index uint32) uint64 {
	const perBlock = uint32(len(g.block))
	if g.input[6] == 0 || index%perBlock == 0 {
		g.input[6]++
		var zero, once argon2Block
		once.compress(&zero, &g.input)
		g.block.compress(&zero, &once)
	}
	return g.block[index%perBlock]
}

// window returns the blocks that a block may refer to: all computed ones except
// the segments that other lanes are working on (section 3.4.2).
func (a *argon2Memory) window(pass, slice, index uint32, sameLane bool) (start, size uint32) {
	finished := argon2Slices - uint32(1) // segments
	if pass == 0 {
		finished = slice
	} else {
		start = (slice + 1) % argon2Slices * a.segment
	}
	size = finished * a.segment
	switch {
	case sameLane:
		size += index - 1
	case index == 0:
		size--
	}
	return start, size
}

// end returns the digest of the last blocks of all lanes (steps 7 and 8).
func (a *argon2Memory) end(size uint32) []byte {
	last := a.blocks[a.width-1]
	for lane := uint32(1); lane < a.lanes; lane++ {
		for i, word := range a.blocks[lane*a.width+a.width-1] {
			last[i] ^= word
		}
	}
	var input []byte
	for _, word := range last {
		input = binary.LittleEndian.AppendUint64(input, word)
	}
	return argon2VariableHash(input, size)
}

func (b *argon2Block) read(bytes []byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(bytes[8*i:])
	}
}

// compress sets b to G(x, y) of section 3.5.
func (b *argon2Block) compress(x, y *argon2Block) {
	var r argon2Block
	for i := range r {
		r[i] = x[i] ^ y[i]
		b[i] = r[i]
	}
	for i := 0; i < 128; i += 16 { // rows
		permute((*[16]uint64)(r[i:]))
	}
	var column [16]uint64
	for i := 0; i < 16; i += 2 {
		for j := range 8 {
			column[2*j], column[2*j+1] = r[16*j+i], r[16*j+i+1]
		}
		permute(&column)
		for j := range 8 {
			r[16*j+i], r[16*j+i+1] = column[2*j], column[2*j+1]
		}
	}
	for i := range r {
		b[i] ^= r[i]
	}
}

// permute is the permutation P of section 3.6.
func permute(v *[16]uint64) {
	v[0], v[4], v[8], v[12] = mix(v[0], v[4], v[8], v[12])
	v[1], v[5], v[9], v[13] = mix(v[1], v[5], v[9], v[13])
	v[2], v[6], v[10], v[14] = mix(v[2], v[6], v[10], v[14])
	v[3], v[7], v[11], v[15] = mix(v[3], v[7], v[11], v[15])
	v[0], v[5], v[10], v[15] = mix(v[0], v[5], v[10], v[15])
	v[1], v[6], v[11], v[12] = mix(v[1], v[6], v[11], v[12])
	v[2], v[7], v[8], v[13] = mix(v[2], v[7], v[8], v[13])
	v[3], v[4], v[9], v[14] = mix(v[3], v[4], v[9], v[14])
}

// mix is GB of section 3.6.
func mix(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -32)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -24)
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -16)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

// argon2VariableHash is H' of section 3.3: BLAKE2b with a digest of any length.
func argon2VariableHash(input []byte, size uint32) (digest []byte) {
	h := blake2bOf(min(size, 64))
	writeUint32(h, size)
	h.Write(input)
	v := h.Sum(nil)
	for size > 64 {
		digest = append(digest, v[:32]...)
		size -= 32
		h = blake2bOf(min(size, 64))
		h.Write(v)
		v = h.Sum(nil)
	}
	return append(digest, v...)
}

func blake2bOf(size uint32) hash.Hash {
	h, _ := blake2b.New(int(size), nil) // fails for sizes over 64
	return h
}

func writeUint32(h hash.Hash, values ...uint32) {
	for _, value := range values {
		h.Write(binary.LittleEndian.AppendUint32(nil, value))
	}
}
