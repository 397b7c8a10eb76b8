#!/bin/bash
# Starts one of DCMTK's servers on a port of loopback, in a folder of its own that is gone when
# the server has ended. Says "listening on PORT" once the port is open.
#
# Usage: peer.sh PORT storescp|dcmqrscp
#
# storescp has one process for all associations: a crash is its end. dcmqrscp has a process for
# each association, since its single-process mode (DCMTK 3.6.7) does not survive the first one.
set -euo pipefail

[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "$0"; exit 0; }

is_listening() {
    grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:0000 0A" \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Beside the server, in a session of its own: percuss ends the server with its process group.
watch() {
    local port=$1 server=$2 scratch=$3

    until is_listening "$port" || ! kill -0 "$server" 2>/dev/null; do sleep 0.02; done
    ! is_listening "$port" || echo "listening on $port"
    exec >&- 2>&-
    while kill -0 "$server" 2>/dev/null; do sleep 0.2; done
    rm -rf -- "$scratch"
}

if [ "${1:-}" = --watch ]; then
    shift
    watch "$@"
    exit 0
fi
if [ $# -ne 2 ]; then
    echo "${0##*/}: expected a port and storescp or dcmqrscp (see ${0##*/} --help)" >&2
    exit 2
fi
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/percuss-dicom-XXXXXX")
setsid "$folder/${0##*/}" --watch "$1" $$ "$scratch" </dev/null &
cd "$scratch"
mkdir storage
limits=(--acse-timeout 5 --dimse-timeout 5)
case $2 in
storescp) exec storescp "${limits[@]}" --output-directory storage "$1" ;;
dcmqrscp) exec dcmqrscp "${limits[@]}" --config "$folder/dcmqrscp.cfg" "$1" ;;
*) echo "${0##*/}: expected storescp or dcmqrscp, found '$2'" >&2; exit 2 ;;
esac
