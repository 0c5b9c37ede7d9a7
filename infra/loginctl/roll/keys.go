package roll

import "hash/maphash"

// keys remembers which keys a file has had, and where, in about 30 bytes each
// (a row has two or three). It keeps 64 bits of a keyed hash: that among a
// million keys two agree by chance, and a row is refused for it, has a
// probability of 3 in 100 million.
type keys struct {
	seed  maphash.Seed
	lines map[uint64]uint32
}

// space keeps keys of one sort from meeting those of another.
type space byte

const (
	logins space = 'l' // aliases are among them
	ids    space = 'i'
)

func newKeys() *keys { return &keys{seed: maphash.MakeSeed(), lines: map[uint64]uint32{}} }

func (k *keys) sum(s space, key string) uint64 {
	var h maphash.Hash
	h.SetSeed(k.seed)
	_ = h.WriteByte(byte(s)) // never fails, nor does WriteString
	_, _ = h.WriteString(key)
	return h.Sum64()
}

// add returns the line that had the key first, or 0 where that is this one.
func (k *keys) add(s space, key string, line int) (first int) {
	sum := k.sum(s, key)
	if first, ok := k.lines[sum]; ok {
		return int(first)
	}
	k.lines[sum] = uint32(line) // #nosec G115 -- no memory holds the keys of 2³² lines
	return 0
}

func (k *keys) has(s space, key string) bool {
	_, ok := k.lines[k.sum(s, key)]
	return ok
}
