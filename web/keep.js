/** localStorage and sessionStorage that never throw: where the browser forbids them, things are kept as long as the page. */
function keeper(name) {
  const memory = new Map();
  let real = null;
  try {
    real = globalThis[name];
    real?.getItem('diemcau');
  } catch {
    real = null;
  }
  const attempt = (work, instead) => {
    try {
      if (real) return work();
    } catch {
      // full or forbidden
    }
    return instead();
  };
  return {
    getItem: (key) =>
      attempt(
        () => real.getItem(key),
        () => memory.get(key) ?? null,
      ),
    setItem: (key, value) =>
      attempt(
        () => real.setItem(key, value),
        () => memory.set(key, value),
      ),
    removeItem: (key) =>
      attempt(
        () => real.removeItem(key),
        () => memory.delete(key),
      ),
  };
}

export const kept = keeper('localStorage');
export const keptByTab = keeper('sessionStorage');
