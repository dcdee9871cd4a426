# Sourced by demo and soak: a nats-server, simulated hosts and a git repository of their own in a
# temporary folder, which the end takes away, also where something fails. Nothing is read from the
# user: no git configuration, no RECONCILE_ variable, no record, no port but a free one.
set -Eeuo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
reconcile=$(cd "$root" && swift build -c release --show-bin-path)/reconcile
work=$(mktemp -d)
unset NATS_URL "${!RECONCILE_@}" "${!GIT_@}"
# What is noted of a server that is gone in a minute is not left with the user.
export XDG_STATE_HOME=$work/state
export PATH="$PATH:/usr/sbin" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
nats_server=$(command -v nats-server || ls -d "$root"/.tools/nats-server-*/nats-server | tail -n 1)
pids=() controller=

clean_up() {
  trap - EXIT INT TERM ERR
  kill "${pids[@]}" $controller 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends with a sentence, and with the end of a file that may tell more.
fail() {
  printf '\nNot as told: %s.\n' "$1" >&2
  [ -z "${2:-}" ] || tail -n 15 "$2" >&2
  exit 1
}
trap '((BASH_SUBSHELL)) || fail "line $LINENO of $0 failed: $BASH_COMMAND"' ERR

# Waits until a command succeeds: sentence, seconds, command.
wait_until() {
  local what=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "$what (waited in vain)" "$work/controller.log"
    sleep 0.1
  done
}

start_lattice() { # how many hosts
  touch "$work/controller.log" "$work/ledger"
  printf '%s\n' 'listen: "127.0.0.1:-1"' "ports_file_dir: \"$work\"" 'ping_interval: "1h"' \
    "jetstream { store_dir: \"$work/store\" }" >"$work/nats.conf"
  "$nats_server" -c "$work/nats.conf" >"$work/nats.log" 2>&1 &
  pids+=($!)
  wait_until "nats-server listens" 10 eval "grep -q nats: '$work'/*.ports"
  RECONCILE_NATS=$(grep -oE 'nats://[0-9.:]+' "$work"/*.ports | head -n 1)
  export RECONCILE_NATS
  "$reconcile" simulate --hosts "$1" --ledger "$work/ledger" >"$work/simulate.log" 2>&1 &
  pids+=($!)
  wait_until "$1 hosts are simulated" 20 grep -q simulating "$work/simulate.log"
}

start_repository() { # names of examples
  mkdir -p "$work/repository/manifests"
  cd "$work/repository"
  git init -q -b main
  for example in "$@"; do cp "$root/manifests/$example.yaml" manifests/; done
}

commit() { # subject
  git add -A
  git -c user.name=demo -c user.email=demo@example.com commit -qm "$1"
}

start_controller() { # options
  "$reconcile" controller --log-format json "$@" >"$work/controller.log" 2>&1 &
  controller=$!
}

# Tells the controller to end, and expects that it does so well.
end_controller() {
  local status=0
  kill -TERM "$controller"
  wait "$controller" || status=$?
  controller=
  [ "$status" = 0 ] || fail "the controller ended with $status" "$work/controller.log"
}

# Opens a connection to the server as file descriptor 3, in the protocol's own words.
connect() {
  exec 3<>"/dev/tcp/127.0.0.1/${RECONCILE_NATS##*:}"
  printf 'CONNECT {"verbose":false}\r\n' >&3
}

# What a file has gained since it had so many lines.
since() { tail -n "+$(($2 + 1))" "$1"; }

# Log lines of the controller with a message, since the log had so many lines.
logged() { since "$work/controller.log" "${2:-0}" | grep -F "\"message\":\"$1\""; }

lines_of() { wc -l <"$1"; }
