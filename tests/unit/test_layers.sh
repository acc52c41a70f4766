#!/usr/bin/env bash
# Holds the layers apart: the include table of ARCHITECTURE.md, headers that stand alone, and with nm on Release
# objects that wire, media and engine call nothing of the system but memory functions.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() { echo "$*"; bad=1; }

declare -A may=(
  [base]="base" [wire]="base wire" [media]="base wire media" [secure]="base secure"
  [engine]="base wire media secure engine" [store]="base store" [io]="base io"
  [signal]="base wire/sdp media/negotiate engine/command engine/view engine/drop signal"
)
for layer in "${!may[@]}"; do
  for file in lib/"$layer"/*.[ch]; do
    [ -e "$file" ] || continue
    while read -r header; do
      ok=0
      for allowed in ${may[$layer]}; do
        case "$header" in "$allowed"/* | "$allowed".h) ok=1 ;; esac
      done
      [ $ok = 1 ] || complain "$file includes $header: not allowed in $layer"
    done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$file")
    case "$layer" in wire | media | engine)
      grep -nE '^#include <(time|sys/|poll|pthread|unistd|errno|netinet|arpa|stdio|openssl|srtp2|jansson|libwebsockets)' "$file" &&
        complain "$file includes a header of the system" ;;
    esac
  done
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for header in lib/*/*.h; do
  layer=$(basename "$(dirname "$header")")
  case "$layer" in io | signal | store | secure) continue ;; esac # they need their libraries' flags; the build compiles them
  echo "#include \"${header#lib/}\"" > "$out/one.c"
  gcc -std=gnu17 -Ilib -fsyntax-only "$out/one.c" || complain "$header does not stand alone"
done

# symbols our own layers define, then what wire, media and engine leave open
allowed='^(mem(cpy|set|move|cmp|chr|mem)|str(len|cmp|ncmp|chr|nlen|casecmp|ncasecmp)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|bcmp|__assert_fail|abort)$'
objects() {
  mkdir -p "$out/$1"
  for file in lib/"$1"/*.c; do
    [ -e "$file" ] || return 0
    # -fno-pie: else const tables that hold pointers lie in .data.rel.ro and look like state
    gcc -std=gnu17 -O2 -DNDEBUG -fno-pie -Ilib -c "$file" -o "$out/$1/$(basename "$file" .c).o"
  done
}
for layer in base wire media; do objects "$layer"; done
nm -g --defined-only "$out"/*/*.o | awk 'NF == 3 {print $3}' | sort -u > "$out/ours"
for layer in wire media; do
  ls "$out/$layer"/*.o >/dev/null 2>&1 || continue
  while read -r symbol; do
    grep -qx "$symbol" "$out/ours" && continue
    [[ "$symbol" =~ $allowed ]] || complain "lib/$layer calls $symbol: it is to be pure"
  done < <(nm -u "$out/$layer"/*.o | awk 'NF == 2 {print $2}' | sort -u)
  # state: no writable data
  nm "$out/$layer"/*.o | awk '$2 ~ /^[bBdDC]$/ {print $3}' | while read -r symbol; do echo "lib/$layer keeps state in $symbol"; done | grep . && bad=1
done
# base gives allocation (pool, map) and logging to others; wire and media may not use them
for layer in wire media; do
  grep -nE '\b(log_(error|warn|info|debug)|pool_init|map_init|malloc|calloc|free)\(' lib/"$layer"/*.c 2>/dev/null && complain "lib/$layer allocates or logs"
done
[ $bad = 0 ] && echo "layers hold"
exit $bad
