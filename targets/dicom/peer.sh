#!/bin/bash
# Starts one of DCMTK's servers on a port of loopback, in a folder of its own that is gone when
# the server has ended. Says "listening on PORT" once the port is open.
#
# Usage: peer.sh PORT PROGRAM      storescp or dcmqrscp, or the path of a build of one
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

    while kill -0 "$server" 2>/dev/null; do
        if is_listening "$port"; then
            echo "listening on $port"
            break
        fi
        sleep 0.02
    done
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
    echo "${0##*/}: expected a port and a program (see ${0##*/} --help)" >&2
    exit 2
fi
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What is left of an earlier server that was killed may hold the port for a moment.
for _ in {1..100}; do
    is_listening "$1" || break
    sleep 0.02
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/percuss-dicom-XXXXXX")
setsid "$folder/${0##*/}" --watch "$1" $$ "$scratch" </dev/null &
cd "$scratch"
mkdir storage
# A damaged index makes dcmqrscp (DCMTK 3.6.7) write until the disk is full: then it ends with
# SIGXFSZ at 64 MiB, and percuss sees that.
ulimit -f 65536
limits=(--acse-timeout 5 --dimse-timeout 5)
case ${2##*/} in
storescp*) exec "$2" "${limits[@]}" --output-directory storage "$1" ;;
dcmqrscp*) exec "$2" "${limits[@]}" --config "$folder/dcmqrscp.cfg" "$1" ;;
*) echo "${0##*/}: expected storescp, dcmqrscp or a path of one, found '$2'" >&2; exit 2 ;;
esac
