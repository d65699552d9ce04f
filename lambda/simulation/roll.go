package simulation

import "time"

// key is the hash of a choice's own name, without the seed: a story that names its choices finds them by it.
type key uint64

const noName key = 14695981039346656037 // FNV-1a's offset basis

// and is the key of a longer name. No name has a blank in it, so that a story can print names with blanks between their parts.
func (k key) and(parts ...string) key {
	h := uint64(k)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return key(h)
}

func (k key) number(n int) key { return key((uint64(k) ^ uint64(n+1)) * 1099511628211) }

func named(parts ...string) key { return noName.and(parts...) }

// mix is the finaliser of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// roller draws from one choice's own name, so that leaving the choice out shifts no other.
type roller struct{ state uint64 }

func roll(seed uint64, k key) *roller { return &roller{mix(seed*0x9e3779b97f4a7c15 ^ uint64(k))} }

func (r *roller) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

func (r *roller) float() float64        { return float64(r.next()>>11) / (1 << 53) }
func (r *roller) below(n int) int       { return int(r.next() % uint64(n)) }
func (r *roller) chance(p float64) bool { return r.float() < p }

func (r *roller) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.float()*float64(most-least))
}

func oneOf[T any](r *roller, of ...T) T { return of[r.below(len(of))] }
