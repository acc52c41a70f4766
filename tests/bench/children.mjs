// Programs we started: none outlives us. Whoever is interrupted ends them by their ids first.
const living = new Set();

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) {
  process.on(signal, () => {
    for (const child of living) child.kill('SIGKILL');
    process.exit(status);
  });
}

export function mind(child) {
  living.add(child);
  child.on('close', () => living.delete(child));
  return child;
}
