// A small seeded generator (mulberry32), so that every case can be made again from its seed.
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  // 0 to n - 1.
  below(n) {
    return Math.floor(this.next() * n);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // Between `least` and `most` different elements, in the list's order.
  some(list, least, most) {
    const left = Math.min(this.between(least, most), list.length);
    const chosen = new Set();
    while (chosen.size < left) chosen.add(this.below(list.length));
    return list.filter((_, i) => chosen.has(i));
  }
}

// A seed of one case, from a run's seed and the case's number.
export function mix(seed, number) {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
}
