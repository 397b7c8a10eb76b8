#!/bin/bash
# Starts a TLS server on a port of loopback, with a certificate that is made for this start and is in
# no file afterwards.
#
# Usage: peer.sh PORT [OPTION...]      openssl s_server, with options of its own such as -tls1_2
#        peer.sh --mosquitto PORT      mosquitto
set -euo pipefail

usage() {
    echo "${0##*/}: expected a port (see ${0##*/} --help)" >&2
    exit 2
}

[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "$0"; exit 0; }
program=openssl
if [ "${1:-}" = --mosquitto ]; then
    program=mosquitto
    shift
fi
[ $# -ge 1 ] || usage
port=$1
shift
scratch=$(mktemp "${TMPDIR:-/tmp}/percuss-tls-XXXXXX")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj /CN=percuss -keyout - -out - >"$scratch" 2>/dev/null </dev/null
exec 3<"$scratch"
if [ "$program" = openssl ]; then
    rm -- "$scratch"
    # -www: it reads nothing from its own input
    exec openssl s_server -accept "127.0.0.1:$port" -cert /dev/fd/3 -key /dev/fd/3 -www "$@" \
        </dev/null
fi
# Started by root it would give its rights away before it reads the key.
printf '%s\n' "user $(id -un)" 'allow_anonymous true' "listener $port 127.0.0.1" \
    'certfile /dev/fd/3' 'keyfile /dev/fd/3' 'log_dest stderr' >"$scratch.conf"
exec 4<"$scratch.conf"
rm -- "$scratch" "$scratch.conf"
exec /usr/sbin/mosquitto -c /dev/fd/4 2>&1
