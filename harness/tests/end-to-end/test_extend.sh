#!/usr/bin/env bash
# test_extend.sh PERCUSS BUILD-FOLDER
#
# Adding a link is one new file and one line of links.def, adding a protocol is one new folder:
# shown in a scratch copy of the tree, which is built and runs a campaign of each.
# The functions are called through `check`.
# shellcheck disable=SC2016,SC2317
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

project=$PWD
if [ $# -lt 2 ] || [ ! -f "$project/harness/link/links.def" ]; then
    echo "usage: ${0##*/} PERCUSS BUILD-FOLDER, from the project's root" >&2
    exit 2
fi
percuss=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/percuss-test-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
failed=0

# check TEXT COMMAND...: the command's words are shown when it fails.
check() {
    local text=$1
    shift
    if "$@" >"$scratch/words" 2>&1; then
        echo "ok      $text"
    else
        echo "FAILED  $text"
        tail -n 30 "$scratch/words" | sed 's/^/        | /'
        failed=1
    fi
}

copy_tree() {
    mkdir "$tree"
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard
    else
        find . -path ./build -prune -o -type f -printf '%P\0'
    fi | while IFS= read -r -d '' file; do
        if [ -e "$file" ]; then printf '%s\0' "$file"; fi
    done | tar -c --null -T - | tar -x -C "$tree"
    git -C "$tree" init -q
    git -C "$tree" add -A
    git -C "$tree" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false \
        commit -q -m "the tree as it is"
}

add_link() {
    cat >"$tree/harness/link/abstract.c" <<'C'
/* A Unix stream socket with a name in Linux's abstract namespace. */
#include "link/stream.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

struct abstract_link {
    struct stream stream;
};

static int abstract_configure(struct link *link, const struct yaml *settings,
                              struct error *error)
{
    static const char *const known[] = {"kind", "address", NULL};
    struct abstract_link *state = link->state;

    state->stream.fd = -1;
    return yaml_check_keys(settings, known, error);
}

static int abstract_open(struct link *link, const char *address, int64_t deadline_ns,
                         struct error *error)
{
    struct abstract_link *state = link->state;
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    size_t length = strlen(address);

    if (length + 1 > sizeof peer.sun_path)
        return error_set(error, "%s: a name has at most 107 characters", address);
    memcpy(peer.sun_path + 1, address, length);
    return stream_connect(
        &state->stream, (struct sockaddr *)&peer,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length), deadline_ns,
        error);
}

static int abstract_send(struct link *link, struct view bytes, int64_t deadline_ns,
                         struct error *error)
{
    struct abstract_link *state = link->state;

    return stream_send(&state->stream, bytes, deadline_ns, error);
}

static int abstract_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                            struct error *error)
{
    struct abstract_link *state = link->state;

    return stream_receive(&state->stream, in, deadline_ns, error);
}

static bool abstract_is_local(const char *address)
{
    (void)address;
    return true;
}

static void abstract_close(struct link *link)
{
    struct abstract_link *state = link->state;

    stream_close(&state->stream);
}

const struct link_ops link_abstract = {
    .name = "abstract",
    .summary = "a Unix stream socket with an abstract name",
    .carries = LINK_STREAM | LINK_CONNECTIONS,
    .keys = "address: the name",
    .state_size = sizeof(struct abstract_link),
    .configure = abstract_configure,
    .open = abstract_open,
    .send = abstract_send,
    .receive = abstract_receive,
    .is_local = abstract_is_local,
    .close = abstract_close,
};
C
    echo 'LINK(abstract)' >>"$tree/harness/link/links.def"
}

add_protocol() {
    mkdir -p "$tree/targets/tally/campaigns"
    cat >"$tree/targets/tally/tally.ksy" <<'KSY'
meta:
  id: tally
  title: Tally, a counter on a wire
  endian: be
-percuss-framing:
  kind: length
  offset: 0
  width: 1
  adjust: 1
  minimum: 4
  maximum: 64
params:
  - id: is_reply
    type: bool
seq:
  - id: length
    type: u1
    valid:
      min: 3
      max: 63
    -percuss-invalid: close
  - id: number
    type: u1
    doc: numbers the request; the reply repeats it
    -percuss-sequence: true
  - id: kind
    type: u1
    valid:
      any-of: [1, 2, 0xff]
    doc: 1 echoes, 2 adds, 0xff refuses
    -percuss-invalid: reject
  - id: data
    size: length - 2
KSY
    cat >"$tree/targets/tally/session.yaml" <<'YAML'
session: tally
title: Tally
no-state-reads: its messages only ask
probe: echo
canary: [echo, add]
states:
  ready: []
messages:
  echo:
    fields: {kind: 1, data: 'hex: 01 02 03'}
    control: true
  add:
    fields: {kind: 2, data: 'hex: 05'}
answers:
- belongs: reply.number == request.number
  rejected: reply.kind == 0xff
expect:
- id: refusal
  when: request.kind == 0xff
  outcome: reject
YAML
    for link in tcp abstract; do
        address='127.0.0.1:${port}'
        [ $link = tcp ] || address="percuss-tally-$$-"'${port}'
        cat >"$tree/targets/tally/campaigns/$link.yaml" <<YAML
campaign: tally-$link
target:
  model: ../tally.ksy
  session: ../session.yaml
device:
  kind: process
  command: [python3, '\${campaign}/../server.py', $link, '${address}']
  ready: '^listening'
link:
  kind: $link
  address: $address
timing:
  answer: 300ms
epoch: 200
YAML
    done
    cat >"$tree/targets/tally/server.py" <<'PY'
"""A device that speaks Tally: server.py tcp HOST:PORT | abstract NAME."""
import socket
import sys
import threading


def answer(request):
    number, kind, data = request[1], request[2], request[3:]
    if kind == 1:
        reply = bytes([number, 1]) + data
    elif kind == 2:
        reply = bytes([number, 2, sum(data) & 0xff])
    else:
        reply = bytes([number, 0xff, 1])
    return bytes([len(reply)]) + reply


def serve(peer):
    pending = b''
    with peer:
        while True:
            try:
                part = peer.recv(4096)
                pending += part
                while pending and len(pending) > pending[0]:
                    if not 3 <= pending[0] <= 63:
                        return
                    peer.sendall(answer(pending[:pending[0] + 1]))
                    pending = pending[pending[0] + 1:]
            except OSError:
                return
            if not part or (pending and not 3 <= pending[0] <= 63):
                return


if sys.argv[1] == 'tcp':
    host, port = sys.argv[2].rsplit(':', 1)
    server = socket.create_server((host, int(port)))
else:
    server = socket.socket(socket.AF_UNIX)
    server.bind('\0' + sys.argv[2])
    server.listen()
print('listening', flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
PY
}

# The additions and nothing else: `git status` of the copy, against what is expected.
only_additions() {
    git -C "$tree" status --porcelain --untracked-files=all
    diff - <(git -C "$tree" status --porcelain) <<'END' &&
 M harness/link/links.def
?? harness/link/abstract.c
?? targets/tally/
END
    [ "$(git -C "$tree" diff --numstat)" = "1	0	harness/link/links.def" ]
}

build() {
    cmake --preset release -DPERCUSS_FIRMWARE=OFF && cmake --build --preset release --target percuss
}

lists() { build/release/percuss list "${@:2}" | grep "$1"; }

lists_installed() { "$percuss" list protocols --targets "$tree/targets" | grep '^tally'; }

runs() {
    local code=0
    build/release/percuss run "targets/tally/campaigns/$1.yaml" --cases 1-300 \
        --out "$scratch/run-$1" --quiet || code=$?
    [ "$code" -le 1 ] && [ "$(sent "$scratch/run-$1")" -gt 250 ]
}

sent() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["cases"])' "$1/summary.json"
}

copy_tree
add_link
add_protocol
check "a link is one file and one line, a protocol one folder" only_additions
cd "$tree"
check "the copy builds" build
check "percuss list links has the new link" lists '^abstract ' links
check "percuss list protocols has the new protocol" lists '^tally' protocols
check "percuss list protocols --targets has it, too" lists '^tally' protocols --targets targets
check "the installed percuss has it with --targets" \
    lists_installed
check "a campaign of the protocol runs over TCP" runs tcp
check "a campaign of the protocol runs over the new link" runs abstract
check "the layers are kept" harness/tests/check_layers.py
exit $failed
