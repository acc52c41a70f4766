#!/usr/bin/env bash
# The daemon's start and end as an operator sees them: what it prints, what it says when it cannot start, that it ends
# cleanly, keeps what it made, and that diemcauctl's exit statuses are the contract's.
set -uo pipefail
build=${BUILD_DIR:?}
daemon=$build/diemcaud ctl=$build/diemcauctl
work=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
suppress=suppressions=$PWD/tests/leaks.supp
[ -e tests/leaks.supp ] && export LSAN_OPTIONS=$suppress
export DIEMCAU_TEST=1 LC_ALL=C.UTF-8
bad=0
complain() { echo "FAILED: $*"; bad=1; }

# start NAME ARGUMENT...: starts with a state folder of its own and ports of the kernel's choice; sets pid and port.
start() {
  local name=$1
  shift
  : > "$work/$name.out"
  "$daemon" --set "state.dir=$work/$name" --set http.listen=127.0.0.1:0 --set media.port=0 --set media.packets=1024 \
    --set media.sites=32 "$@" > "$work/$name.out" 2> "$work/$name.err" &
  pid=$!
  for _ in $(seq 200); do
    grep -q 'ready=1' "$work/$name.err" && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  port=$(sed -n 's/.*ready=1.*http_port=\([0-9]*\).*/\1/p' "$work/$name.err" | head -1)
  [ -n "$port" ] || { complain "$name does not start"; cat "$work/$name.err"; }
}
# stop SIGNAL: ends the daemon, expects status 0.
stop() {
  kill "-$1" "$pid"
  local status=0
  wait "$pid" || status=$?
  pid=
  [ "$status" = 0 ] || complain "SIG$1 ended it with status $status"
}
# refuse STATUS TEXT ARGUMENT...: must end at once with that status and one line on stderr that has the text.
refuse() {
  local want=$1 text=$2 status=0
  shift 2
  timeout 20 "$daemon" --set "state.dir=$work/refused" --set http.listen=127.0.0.1:0 --set media.port=0 "$@" \
    > "$work/refuse.out" 2> "$work/refuse.err" || status=$?
  [ "$status" = "$want" ] || complain "status $status, not $want: $*"
  grep '^diemcaud: ' "$work/refuse.err" | grep -qF -- "$text" || { complain "no word of \"$text\": $*"; cat "$work/refuse.err"; }
  [ "$(grep -c '^diemcaud: ' "$work/refuse.err")" = 1 ] || complain "not one line: $*"
}
get() { curl -sk --max-time 10 "https://127.0.0.1:$port$1" "${@:2}"; }
# want STATUS WORD...: diemcauctl with these words must end with that status.
want() {
  local status=0
  "$ctl" --socket "$work/a/control.sock" "${@:2}" > "$work/ctl.out" 2> "$work/ctl.err" || status=$?
  [ "$status" = "$1" ] || { complain "diemcauctl ${*:2}: status $status, not $1"; cat "$work/ctl.err"; }
}
says() { grep -qF -- "$1" "$work/ctl.out" || { complain "diemcauctl does not say \"$1\""; cat "$work/ctl.out"; }; }

# --- first start
start a
# Signalling gives way to the workers: field 19 of a thread's stat is its niceness (the name, field 2, has no space here).
nice_of() { cut -d' ' -f19 "/proc/$pid/task/$1/stat"; }
workers=$(ls "/proc/$pid/task" | while read -r task; do [ "$task" = "$pid" ] || nice_of "$task"; done | sort -n | head -1)
[ "$(nice_of "$pid")" -gt "$workers" ] || complain "signalling is not behind the workers: $(nice_of "$pid") and $workers"
grep -q "join page: *https://localhost:$port/$" "$work/a.out" || complain "the join page is not printed"
grep -q "admin page: *https://localhost:$port/admin$" "$work/a.out" || complain "the admin page is not printed"
code=$(sed -n 's/.*#setup=\(.*\)$/\1/p' "$work/a.out")
[ -n "$code" ] || complain "no set-up link"
[ "$(get /healthz -o /dev/null -w '%{http_code}')" = 200 ] || complain "healthz is not 200"
[ "$(get /readyz -o /dev/null -w '%{http_code}')" = 200 ] || complain "readyz is not 200"
for page in / /r/giao-ban /admin; do
  grep -qi '<!doctype html>' <<<"$(get $page)" || complain "no page at $page"
  grep -qi '<!doctype html>' <<<"$(get $page --compressed)" || complain "no compressed page at $page"
done
[ "$(get /r/a/b -o /dev/null -w '%{http_code}')" = 404 ] || complain "a page nobody made is not 404"
[ "$(get /../etc/passwd --path-as-is -o /dev/null -w '%{http_code}')" = 404 ] || complain "a way out of the pages is not 404"
etag=$(get / -o /dev/null -D - | sed -n 's/^etag: *\(.*\)\r$/\1/p')
[ "$(get / -H "If-None-Match: $etag" -o /dev/null -w '%{http_code}')" = 304 ] || complain "no 304 for the same page"
[ "$(get /api/v1/rooms -o /dev/null -w '%{http_code}')" = 401 ] || complain "rooms are told to strangers"
[ "$(get /api/v1/openapi.json -o /dev/null -w '%{http_code}')" = 200 ] || complain "no description of REST"
grep -q '^diemcau_info{version=' <<<"$(get /metrics)" || complain "no metrics"
[ "$(stat -c %a "$work/a/https.key")" = 600 ] || complain "the key is open to others"

# --- the operator's tool
want 0 rooms
want 0 room create 'Giao ban tháng 11'
says giao-ban-thang-11
want 0 --json rooms
says '"id": "giao-ban-thang-11"'
want 0 rooms # the columns stand under their headings, whatever marks the names have
mapfile -t lines < "$work/ctl.out"
before=${lines[0]%%điểm cầu*}
end=$((${#before} + 7))
[ "${lines[1]:end:1}" = 0 ] || complain "a table is not aligned: ${lines[*]}"
want 0 sites giao-ban-thang-11
want 0 lock giao-ban-thang-11 on
want 0 --json rooms
says '"locked": true'
want 0 lock giao-ban-thang-11 off
want 0 token giao-ban-thang-11 --role chair --name 'UBND huyện Đồng Văn'
says '/r/giao-ban-thang-11#token='
want 0 stats
want 0 top
want 0 mute giao-ban-thang-11 --all
want 0 stage giao-ban-thang-11 -
want 1 sites nowhere
want 1 kick giao-ban-thang-11 'xã Sủng Là'
grep -q . "$work/ctl.err" || complain "a refusal has no reason"
want 1 room create "$(printf 'x%.0s' $(seq 300))"
want 2
want 2 dance
want 2 kick giao-ban-thang-11
want 2 kick giao-ban-thang-11 x --ban soon
want 2 rooms --ban 5
want 2 lock giao-ban-thang-11 perhaps
want 2 mute giao-ban-thang-11
want 2 --wrong rooms
want 0 end giao-ban-thang-11
want 0 room delete 'Giao ban tháng 11'
want 1 sites giao-ban-thang-11
want 0 room create 'kept'
status=0
"$ctl" --socket "$work/nobody.sock" rooms 2> /dev/null || status=$?
[ "$status" = 3 ] || complain "no daemon is status $status, not 3"
status=0
(cd "$work" && env -u STATE_DIRECTORY "$ctl" rooms 2> /dev/null) || status=$?
[ "$status" = 3 ] || complain "no daemon found is status $status, not 3"
STATE_DIRECTORY=$work/a "$ctl" rooms > /dev/null || complain "the socket in \$STATE_DIRECTORY is not found"
# the set-up link makes the administrator, whose token opens HTTPS
token=$(get /api/v1/setup -H 'Content-Type: application/json' -d "{\"code\":\"$code\",\"password\":\"mat khau dai 12\"}" |
  sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
echo "$token" > "$work/token"
"$ctl" --server "https://localhost:$port" --token-file "$work/token" --ca "$work/a/https.pem" rooms > "$work/ctl.out" ||
  complain "diemcauctl over HTTPS"
says kept
echo wrong > "$work/token"
status=0
"$ctl" --server "https://localhost:$port" --token-file "$work/token" --ca "$work/a/https.pem" rooms 2> /dev/null || status=$?
[ "$status" = 1 ] || complain "a wrong token is status $status, not 1"

# --- what stops a second one
mkdir -p "$work/refused"
refuse 1 'http.listen' --set "http.listen=127.0.0.1:$port"
media=$(sed -n 's/.*media_port=\([0-9]*\).*/\1/p' "$work/a.err" | head -1)
refuse 1 'media.port' --set "media.port=$media"
refuse 1 'another diemcaud is running' --set "control.socket=$work/a/control.sock"
stop INT
[ -e "$work/a/control.sock" ] && complain "the control socket stays behind"

# --- second start: what was made is kept
before=$(sha256sum "$work/a/https.pem")
start a
[ "$(sha256sum "$work/a/https.pem")" = "$before" ] || complain "the certificate was made again"
grep -q '#setup=' "$work/a.out" && complain "a set-up link though there is a password"
want 0 rooms
says kept
want 0 drain --seconds 0
status=0
wait "$pid" || status=$?
pid=
[ "$status" = 0 ] || complain "drain ended it with status $status"

# --- killed, the next start takes the socket over
start a
kill -9 "$pid"
wait "$pid" 2>/dev/null
start a
want 0 rooms
stop TERM

# --- few open files: it says so, with what to do, and serves as many as it can
if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2560 ]; then
  grep -q 'open.files' "$work/a.err" && complain "a warning of open files though there are enough"
fi
printf '#!/bin/sh\nulimit -n 300\nexec "%s" "$@"\n' "$daemon" > "$work/few.sh"
chmod +x "$work/few.sh"
daemon=$work/few.sh start few --set media.workers=1
grep -q '^warn main limit=open-files wanted=2560 got=300 advice=".*LimitNOFILE=2560.*ulimit -n 2560' "$work/few.err" ||
  complain "nothing is said of too few open files"
grep -q '^warn ws setting=http.connections wanted=2048 got=236 open_files=300 advice=".*LimitNOFILE=.*ulimit -n' "$work/few.err" ||
  complain "http.connections is lowered without a word"
[ "$(get /healthz -o /dev/null -w '%{http_code}')" = 200 ] || complain "healthz is not 200 with few open files"
stop TERM

# --- what cannot be
printf 'media:\n  prt: 5\n' > "$work/bad.yaml"
refuse 1 "$work/bad.yaml:2: media.prt: unknown key" --config "$work/bad.yaml"
refuse 1 'media.prt=5: unknown key' --set media.prt=5
refuse 1 'No such file' --config "$work/none.yaml"
refuse 1 'unreadable certificate' --cert "$work/none.pem" --key "$work/none.key"
echo nonsense > "$work/junk.pem"
refuse 1 'unreadable certificate' --cert "$work/junk.pem" --key "$work/junk.pem"
refuse 1 'belong together' --cert "$work/a/https.pem"
: > "$work/file"
refuse 1 'state.dir' --set "state.dir=$work/file"
refuse 1 'state.dir' --set "state.dir=$work/file/below"
if [ "$(id -u)" != 0 ]; then
  mkdir "$work/locked" && chmod 500 "$work/locked"
  refuse 1 'state.dir' --set "state.dir=$work/locked"
fi
echo 'not a database, whatever its name says it is' > "$work/refused/diemcau.db"
refuse 1 'database is broken'
status=0
env -u DIEMCAU_TEST "$daemon" --set test.drop_in=0.1 2> "$work/refuse.err" || status=$?
[ "$status" = 1 ] && grep -q 'DIEMCAU_TEST=1' "$work/refuse.err" || complain "a test's setting is taken without DIEMCAU_TEST"
"$daemon" --check-config --set media.port=5000 > /dev/null || complain "--check-config"
"$daemon" --check-config --set media.port=x 2> /dev/null && complain "--check-config takes what is wrong"
grep -q '^diemcaud [0-9]' <<<"$("$daemon" --version)" || complain "--version"
grep -q 'http.listen' <<<"$("$daemon" --help)" || complain "--help"
grep -q '^diemcauctl [0-9]' <<<"$("$ctl" --version)" || complain "diemcauctl --version"
grep -q 'kick ROOM SITE' <<<"$("$ctl" --help)" || complain "diemcauctl --help"

for log in "$work"/*.err; do
  if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error' "$log"; then
    complain "sanitizer in $log"
    cat "$log"
  fi
done
[ $bad = 0 ] && echo "diemcaud and diemcauctl start, serve and end as the contract says"
exit $bad
