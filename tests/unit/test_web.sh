#!/usr/bin/env bash
# The pages' pure scripts, by node's own test runner; and that what was built is small and complete.
set -euo pipefail
node=$(command -v node || command -v nodejs) || { echo "SKIP: no node"; exit 0; }
"$node" --test tests/unit/*.test.mjs
dist=${BUILD_DIR:?}/web/dist
[ -f "$dist/manifest.txt" ] || { echo "no $dist/manifest.txt: is the target webpages built?"; exit 1; }
while IFS=$'\t' read -r path file type cache; do
  [ -f "$dist/$file" ] && [ -f "$dist/$file.gz" ] && [ -n "$path" ] && [ -n "$type" ] && [ -n "$cache" ] ||
    { echo "manifest: $path $file"; exit 1; }
done <"$dist/manifest.txt"
bytes=$(cat "$dist"/s/*/*.gz "$dist"/index.html.gz | wc -c)
echo "all scripts, style and icons: $bytes bytes compressed"
[ "$bytes" -lt 100000 ] || { echo "the pages are to be tens of kilobytes"; exit 1; }
