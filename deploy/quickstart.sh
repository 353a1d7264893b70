#!/usr/bin/env bash
# Tollgate in two minutes, from a bare Debian 12: installs what it needs, builds, starts the example upstream and Tollgate
# on loopback, shows calls that are let through and calls that are refused, then stays up until Ctrl-C.
#
#   deploy/quickstart.sh          the tour, then a proxy to play with
#   deploy/quickstart.sh --once   the tour alone; exit 0 only if every answer was the expected one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

once=no
case ${1:-} in
  "") ;;
  --once) once=yes ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac

if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' green='' red='' plain=''
fi
headline() { printf '\n%s== %s ==%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }

place=$(mktemp -d)
processes=()
clean_up() {
  local pid
  for pid in ${processes[@]+"${processes[@]}"}; do kill "$pid" 2>/dev/null || true; done
  for pid in ${processes[@]+"${processes[@]}"}; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

give_up() {
  printf '%s%s%s\n' "$red" "$1" "$plain" >&2
  if [ -n "${2:-}" ]; then tail -n 30 "$2" >&2; fi
  exit 1
}

# --- what the tour needs -------------------------------------------------------------------------------------------------

quietly() { # LOG COMMAND...: shows the log only if the command fails
  local log=$place/$1
  shift
  "$@" >"$log" 2>&1 </dev/null || give_up "This failed: $*" "$log"
}

headline "Building"
deploy/setup.sh quickstart
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
note "cmake --preset release && cmake --build --preset release --target tollgate"
quietly configure.log cmake --preset release
quietly build.log cmake --build --preset release --target tollgate
note "npm ci --prefix deploy/example"
quietly npm.log deploy/example/install.sh
tollgate=$PWD/build/release/tollgate

# --- the upstream, the keys and Tollgate ----------------------------------------------------------------------------------

free_port() { # the first free port from $1 on
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  printf '%s' "$port"
}

wait_for() { # URL PID LOG
  local turn
  for turn in {1..100}; do
    curl -fs -o "$place/ready" "$1" && return
    kill -0 "$2" 2>/dev/null || give_up "It ended instead of answering $1:" "$3"
    sleep 0.1
  done
  give_up "No answer from $1 within 10 seconds (turn $turn):" "$3"
}

new_key() { # NAME OPTIONS...: prints the secret, which is shown this once
  "$tollgate" keys add "$@" --file "$place/keys.yaml" 2>"$place/key.err" ||
    give_up "tollgate keys add $* failed:" "$place/key.err"
}

headline "Starting"
upstream_port=$(free_port 4000)
PORT=$upstream_port node deploy/example/server.js >"$place/upstream.log" 2>&1 &
processes+=($!)
wait_for "http://127.0.0.1:$upstream_port/healthz" "$!" "$place/upstream.log"
note "The example upstream (deploy/example/server.js) listens on 127.0.0.1:$upstream_port."

key=$(new_key demo --description "The tour's own key")
disabled_key=$(new_key former --description "A partner who left")
orders_key=$(new_key stock --description "For one API only" --api orders)
trial_key=$(new_key visitor --description "To try it out" --plan trial)
office_key=$(new_key office --description "From the office only" --allow-ip 192.0.2.0/24)
"$tollgate" keys disable former --file "$place/keys.yaml" >"$place/disable.log" 2>&1 ||
  give_up "tollgate keys disable failed:" "$place/disable.log"
note "Keys, of which the file holds no secret: tollgate keys list"
"$tollgate" keys list --file "$place/keys.yaml"

port=$(free_port 8080)
admin=$(free_port 9901)
export TOLLGATE_LISTEN=127.0.0.1:$port TOLLGATE_ADMIN=127.0.0.1:$admin TOLLGATE_LOG=$place/access.log
export TOLLGATE_KEYS=$place/keys.yaml EXAMPLE_UPSTREAM=http://127.0.0.1:$upstream_port
"$tollgate" check -c deploy/example/tollgate.yaml >"$place/check.log" 2>&1 ||
  give_up "tollgate check found mistakes:" "$place/check.log"
"$tollgate" run -c deploy/example/tollgate.yaml >"$place/tollgate.log" 2>&1 &
processes+=($!)
wait_for "http://127.0.0.1:$admin/readyz" "$!" "$place/tollgate.log"
note "Tollgate listens on 127.0.0.1:$port, its admin pages on 127.0.0.1:$admin."
url=http://127.0.0.1:$port

# --- the tour ----------------------------------------------------------------------------------------------------------------

steps=0
wrong=0

shown() { # the command as one would type it, with $KEY for the secret
  local word text=curl
  for word in "$@"; do
    word=${word//$key/\$KEY}
    word=${word//$disabled_key/\$FORMER_KEY}
    word=${word//$orders_key/\$STOCK_KEY}
    word=${word//$office_key/\$OFFICE_KEY}
    case $word in
      *\$*) text+=" \"${word//\"/\\\"}\"" ;;
      *[!A-Za-z0-9_./:=-]*) text+=" '$word'" ;;
      *) text+=" $word" ;;
    esac
  done
  printf '%s' "$text"
}

# call TITLE STATUS TEXT CURL-ARGUMENTS...: makes the call, shows it, and compares the answer with what is expected.
call() {
  local title=$1 expected_status=$2 expected_text=$3 status body verdict
  shift 3
  steps=$((steps + 1))
  status=$(curl -s --max-time 10 -o "$place/body" -w '%{http_code}' "$@" || true)
  body=$(head -c 600 "$place/body" 2>/dev/null || true)
  rm -f "$place/body"
  printf '\n%s%d. %s%s\n' "$bold" "$steps" "$title" "$plain"
  printf '   %s$ %s%s\n' "$dim" "$(shown "$@")" "$plain"
  verdict=$green
  if [ "$status" != "$expected_status" ] || [[ $body != *"$expected_text"* ]]; then
    verdict=$red
    wrong=$((wrong + 1))
  fi
  printf '   %s%s%s  %s\n' "$verdict" "$status" "$plain" "${body//$'\n'/$'\n'        }"
  [ "$verdict" = "$green" ] || printf '   %sexpected %s with "%s"%s\n' "$red" "$expected_status" "$expected_text" "$plain"
}

query='{"query":"{ orders(limit: 2) { number status customer { email } grandTotal { formattedValue } } }"}'
json='Content-Type: application/json'

headline "Let through"
call "A GraphQL query with a valid key" 200 '"orders":[' \
  -H "API-Authorization: $key" -H "$json" -d "$query" "$url/graphql"
call "A REST call with the same key" 200 '"number":1' -H "API-Authorization: $key" "$url/rest/orders/1"
call "A REST call with a body" 201 '"received":{"product":"P1"}' \
  -H "API-Authorization: $key" -H "$json" -d '{"product":"P1"}' "$url/rest/orders"
call "What the upstream sees: who called, and no secret" 200 '"tollgate-key":"demo"' \
  -H "API-Authorization: $key" "$url/rest/headers"
call "A probe, open to all by configuration" 200 '"ok":true' "$url/rest/healthz"

headline "Refused, with the reason"
call "No key" 401 'key_missing' "$url/rest/orders/1"
call "No key, on a GraphQL API: the same in GraphQL's own form" 401 'KEY_MISSING' -H "$json" -d "$query" "$url/graphql"
call "A key that nobody gave out" 401 'key_unknown' -H "API-Authorization: open-sesame" "$url/rest/orders/1"
last=${key: -1}
mistyped=${key%?}$([ "$last" = x ] && printf y || printf x)
call "A key with one letter mistyped" 401 'mistyped' -H "API-Authorization: $mistyped" "$url/rest/orders/1"
call "A key that was disabled" 401 'key_disabled' -H "API-Authorization: $disabled_key" "$url/rest/orders/1"
call "A key that is meant for another API" 403 'KEY_NOT_FOR_API' \
  -H "API-Authorization: $orders_key" -H "$json" -d "$query" "$url/graphql"
call "A key that holds from the office's addresses only" 403 'ip_not_allowed' \
  -H "API-Authorization: $office_key" "$url/rest/orders/1"
call "An API that is for the office's addresses only" 403 'ip_not_allowed' \
  -H "API-Authorization: $key" "$url/office/plans"
call "A body that says it is JSON and is not" 400 'json_invalid' \
  -H "API-Authorization: $key" -H "$json" -d '{"product": P1}' "$url/rest/orders"
call "A path that no API has" 404 'no_api' -H "API-Authorization: $key" "$url/elsewhere"
call "A method that is never forwarded" 405 'method_not_allowed' -X TRACE -H "API-Authorization: $key" "$url/rest/orders/1"
call "A path with two readings" 400 'bad_request' --path-as-is -H "API-Authorization: $key" "$url/rest/%2e%2e/admin"

headline "Held to a plan"
call "The first of the two calls an hour that the key's plan has" 200 '"number":1' -H "API-Authorization: $trial_key" "$url/rest/orders/1"
call "What is left, which costs a call too" 200 '"remaining": 0' -H "API-Authorization: $trial_key" "$url/rest/.tollgate/limits"
call "One too many" 429 'limit_exceeded' -H "API-Authorization: $trial_key" "$url/rest/orders/1"

headline "What is written down"
log_line() { grep -m 1 '"json_invalid"' "$place/access.log"; }
for _ in {1..50}; do
  if log_line >"$place/line" 2>&1; then break; fi
  sleep 0.1
done
note "The access log has one JSON object a line; this is the call with broken JSON:"
log_line || { wrong=$((wrong + 1)) && printf '%sno such line%s\n' "$red" "$plain"; }
note "Prometheus finds every outcome at http://127.0.0.1:$admin/metrics:"
curl -s --max-time 10 "http://127.0.0.1:$admin/metrics" >"$place/metrics"
grep '^tollgate_requests_total' "$place/metrics" || true
grep -q 'tollgate_requests_total{.*key_missing' "$place/metrics" ||
  { wrong=$((wrong + 1)) && printf '%sno tollgate_requests_total of key_missing%s\n' "$red" "$plain"; }

headline "The end of the tour"
if [ "$wrong" -gt 0 ]; then
  printf '%s%d of %d answers were not the expected ones.%s\n' "$red" "$wrong" "$steps" "$plain"
  [ "$once" = no ] || exit 1
else
  printf '%sAll %d answers were the expected ones.%s\n' "$green" "$steps" "$plain"
fi
[ "$once" = no ] || exit 0
cat <<EOT

Tollgate stays up at $url until Ctrl-C. Try it from another terminal:

  KEY=$key
  curl -H "API-Authorization: \$KEY" $url/rest/orders/7
  curl -N -H "API-Authorization: \$KEY" $url/live/events
  curl http://127.0.0.1:$admin/status

Its configuration is deploy/example/tollgate.yaml, its keys and its log are in $place (gone at the end).
EOT
wait "${processes[1]}" || give_up "Tollgate ended:" "$place/tollgate.log"
