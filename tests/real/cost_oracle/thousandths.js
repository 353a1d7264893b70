// Points as whole thousandths in a BigInt: sums are exact, and stop at 2^53 - 1 points.
export const MOST = (2n ** 53n - 1n) * 1000n;
const MOST_SIZE = 2n ** 53n - 1n;

export const capped = (value) => (value > MOST ? MOST : value);
export const add = (a, b) => capped(a + b);
export const times = (size, value) => capped(size * value);
export const times_size = (a, b) => (a * b > MOST_SIZE ? MOST_SIZE : a * b);
export const size_of_count = (count) => times_size(BigInt(count), 1n);

// Reads a weight, a number or a text with at most three decimals.
export function thousandths(weight) {
  const found = /^([+-]?)(\d*)(?:\.(\d+))?$/.exec(String(weight));
  if (!found) throw new Error(`not a weight: ${weight}`);
  const [, sign, whole, decimals = ''] = found;
  const value = BigInt(whole || '0') * 1000n + BigInt(decimals.slice(0, 3).padEnd(3, '0'));
  return sign === '-' ? -value : value;
}

// Whole points, rounded up.
export function points(value) {
  return capped(value) <= 0n ? 0 : Number((capped(value) + 999n) / 1000n);
}
