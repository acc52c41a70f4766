// Medians and quartiles, and comparisons by pairs: A and B one after the other, the ratio of each pair.
const at = (sorted, part) => {
  const place = part * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
};

export function quartiles(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length ? { low: at(sorted, 0.25), median: at(sorted, 0.5), high: at(sorted, 0.75), n: sorted.length } : null;
}

export const median = (list) => quartiles(list)?.median ?? null;

// pairs: [{ a, b }] of what is compared, in the order they ran.
export const ratios = (pairs) => quartiles(pairs.map(({ a, b }) => a / b));
