# session.sh - what the sessions on the command line share: a server, its life, and expectations.
#
#   . tests/support/session.sh; start; fasti import ...; expect WHAT PATTERN FILE; stop
#
# Sourced by tests/test_*.sh, in the root of the tree. $work is a fresh folder, removed at the end
# with the server. Where io_uring is denied, a session is skipped (77).
set -euo pipefail
bin=${FASTI_BIN:-build/dev/bin}
feed=${FASTI_SHARED:-../shared}/fixtures/smart-scheduling
work=$(mktemp -d)
pid=

tidy() {
    [ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

need_feed() { [ -d "$feed" ] || { echo "skipped: $feed is absent"; exit 77; }; }

serve() { # serve FLAG...: on $work/data, its lines in $work/log; waits for ready
    : >"$work/log" # the child empties it, too, but perhaps after the first look
    "$bin/fastid" --data "$work/data" --unix "$work/s" "$@" 2>"$work/log" &
    pid=$!
    for _ in $(seq 600); do
        ! grep -q 'ready' "$work/log" || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    ! grep -q 'io_uring' "$work/log" || { echo 'skipped: io_uring is denied'; exit 77; }
    fail 'fastid is not ready' "$work/log"
}

start() { # on the data of this session, 2023-03-23
    serve --listen 127.0.0.1:0 --now 2023-03-23T12:00:00Z
}

serve_march() { serve --listen 127.0.0.1:0 --now 2026-03-02T12:00:00Z; } # Monday, 13:00 in Berlin

stop() { # with SIGTERM; what it left is sound
    kill -TERM "$pid"
    wait "$pid" || fail "fastid ends with $? after SIGTERM" "$work/log"
    pid=
    "$bin/fasti-log" verify "$work/data" >"$work/verify" || fail 'the log is not sound' "$work/verify"
}

kill_server() { # kill -9
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
}

fasti() { "$bin/fasti" --server "unix:$work/s" "$@"; }

fail() { # fail WHAT [FILE]
    echo "FAILED: $1"
    [ $# = 1 ] || head -c 2000 "$2"
    exit 1
}

expect() { # expect WHAT PATTERN FILE
    grep -q -- "$2" "$3" || fail "$1: no \"$2\" in:" "$3"
}

exits() { # exits CODE WHAT COMMAND...: its output is in $work/out then, both streams
    local code=$1 what=$2 rc=0
    shift 2
    "$@" >"$work/out" 2>&1 || rc=$?
    [ "$rc" = "$code" ] || fail "$what: exits $rc, not $code" "$work/out"
}

has() { # has WHAT TEXT...: the output of the last command that exits called has each of the texts
    local what=$1
    shift
    for text; do
        grep -qF -- "$text" "$work/out" || fail "$what: no $text in:" "$work/out"
    done
}

hasnt() { # hasnt WHAT TEXT
    ! grep -qF -- "$2" "$work/out" || fail "$1: $2 in:" "$work/out"
}

digest() { fasti --json status | sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/'; }
