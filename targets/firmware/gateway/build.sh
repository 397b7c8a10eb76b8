#!/usr/bin/env bash
# targets/firmware/gateway/build.sh [--fetch-only] OUTPUT
#
# Assembles the gateway, an embedded Linux device for qemu-system-aarch64 -machine virt, out of
# Debian packages of another architecture, the gateway's own program and its own kernel driver:
#
#   OUTPUT/gateway-vmlinuz                     Debian's kernel (linux-image-cloud-arm64)
#   OUTPUT/gateway-{fixed,defective}.cpio      its files: busybox, kernel modules, the program
#   OUTPUT/gateway-{fixed,defective}.elf       the program, for its symbols
#   OUTPUT/gateway-MANIFEST                    what was fetched: versions and SHA-256
#
# The kernel is 64-bit and starts in half of the time that Debian's 32-bit one needs; the
# gateway's program on it is armhf. Packages come through this machine's own apt entries into
# build/sources/gateway; apt's lists and the machine's architecture stay as they are. A second
# call fetches nothing, and builds nothing while all that it is made of is unchanged.
# `cmake --build --preset release --target gateway-image` calls this.
#
#   --fetch-only  download and check the packages, build nothing
#   --help        this text
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/../../../scripts/lib.sh"

fetch_only=no output=
while [ $# -gt 0 ]; do
    case $1 in
    --fetch-only) fetch_only=yes; shift ;;
    --help|-h) print_help; exit 0 ;;
    -*) misused "unknown argument '$1'" ;;
    *) [ -z "$output" ] || misused "one OUTPUT"; output=$1; shift ;;
    esac
done
[ "$fetch_only" = yes ] || [ -n "$output" ] || misused "no OUTPUT named"

cache=$project/build/sources/gateway
native=$(dpkg --print-architecture)
compiler=arm-linux-gnueabihf-gcc
objcopy=arm-linux-gnueabihf-objcopy
kernel_tools=aarch64-linux-gnu-
# What the kernel needs beyond what is built into it; what these need is found in them.
modules="virtio_pci virtio_net softdog"
module_options='softdog soft_margin=3 nowayout=1'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

# --- packages -------------------------------------------------------------------------

# apt_of COMMAND...: apt on a machine of arm64, with a state of its own in which nothing is
# installed, and with its cache, which a container's settings leave out.
apt_of() {
    local command=$1
    shift
    "$command" -qq -o APT::Architecture=arm64 -o APT::Architectures="arm64,$native" \
        -o Dir::State::status="$work/status" -o Dir::State::lists="$work/lists" \
        -o Dir::Cache="$work/cache" -o Dir::Cache::pkgcache=pkgcache.bin \
        -o Dir::Cache::srcpkgcache=srcpkgcache.bin -o Dir::Etc::sourcelist=/dev/null \
        -o Dir::Etc::sourceparts="$work/entries" -o Acquire::Languages=none \
        -o Acquire::Retries=3 -o APT::Get::AllowUnauthenticated=false \
        -o Acquire::AllowInsecureRepositories=false "$@"
}

# needs PACKAGE NAME: what it depends on that begins with NAME. The kernel's version is in its
# package's name.
needs() { apt_of apt-cache depends "$1" | sed -n "s/^ *Depends: \($2.*\)/\1/p" | head -n 1; }

# Everything that the manifest names is there unchanged, and it names every package.
is_fetched() {
    local name
    (cd "$cache" && sha256sum --quiet -c MANIFEST) >/dev/null 2>&1 || return 1
    for name in linux-image linux-headers linux-kbuild busybox-static; do
        grep -q "^# $name" "$cache/MANIFEST" || return 1
    done
}

fetch_all() {
    local kernel packages
    mkdir -p "$work"/{entries,lists,cache,download}
    : >"$work/status"
    chmod 755 "$work"
    [ "$(id -u)" -ne 0 ] || ! id _apt >/dev/null 2>&1 || chown _apt "$work/download"
    apt_entries deb "$work/entries"
    say "fetching: a kernel, its headers and busybox (arm64), the kernel's build tools"
    # An archive in the middle of an update lacks some lists; what follows shows whether they
    # matter.
    apt_of apt-get update 2>"$work/update.log" || true
    kernel=$(needs linux-image-cloud-arm64 linux-image- 2>>"$work/update.log") || true
    [ -n "$kernel" ] || {
        cat "$work/update.log" >&2
        die "Debian's package lists for arm64 name no kernel (apt's words are above):" \
            "check the network and this machine's apt entries"
    }
    kernel=${kernel#linux-image-}
    packages=("linux-image-$kernel" "linux-headers-$kernel" busybox-static
        "linux-headers-${kernel%-cloud-arm64}-common"
        "$(needs "linux-headers-$kernel" linux-kbuild-):$native")
    (cd "$work/download" &&
        quietly "$cache/fetch.log" apt_of apt-get download "${packages[@]}") || {
        cat "$work/update.log" >&2
        die "not all of these packages could be fetched (apt's words are above): ${packages[*]}"
    }
    rm -rf "$cache/download"
    cp -r "$work/download" "$cache/download"
    (cd "$cache" && for package in download/*.deb; do
        # shellcheck disable=SC2016
        dpkg-deb --showformat '# ${Package} ${Version} ${Architecture}\n' -W "$package"
        sha256sum "$package"
    done) >"$work/MANIFEST"
    cp "$work/MANIFEST" "$cache/MANIFEST"
}

# Everything that the image is made of, and what came of it.
ingredients() {
    (cd "$here/.." && sha256sum gateway/{build.sh,init,*.[ch],driver/*.c} pump/*.[ch] board/*.[ch] \
        "$cache/MANIFEST" && "$compiler" --version && "${kernel_tools}gcc" --version &&
        cd "$output" && sha256sum gateway-{vmlinuz,{fixed,defective}.{elf,cpio}}) 2>/dev/null
}

# --- program --------------------------------------------------------------------------

# Its own code is in a section of its own, so that it knows itself from the library's
# (words.c); the pump's application is part of it.
sources=(main.c server.c line.c watchdog.c words.c ../pump/{adu,crc16,pdu,jobs,bits,registers}.c
    ../pump/{diagnostics,identify,service,transfer,pump}.c)
flags=(-std=gnu17 -O1 -g -marm -fno-omit-frame-pointer -funwind-tables -Wall -Wextra -Werror
    -Wno-override-init -D_GNU_SOURCE -U_FORTIFY_SOURCE -fno-stack-protector -I. -I../pump -I../board
    "-ffile-prefix-map=$project=." "-ffile-prefix-map=$here=targets/firmware/gateway")

# build_program VARIANT DEFECTIVE
build_program() {
    (cd "$here" && quietly "$cache/program-$1.log" "$compiler" "${flags[@]}" \
        -DPUMP_DEFECTIVE="$2" -r "${sources[@]}" -o "$work/own.o" &&
        "$objcopy" --rename-section .text=gateway_code "$work/own.o" &&
        quietly "$cache/program-$1.log" "$compiler" -static -no-pie -Wl,--build-id=none \
            -Wl,--wrap=malloc,--wrap=calloc,--wrap=free \
            -Wl,--defsym=link_text_start=__executable_start "$work/own.o" -o "$output/gateway-$1.elf") ||
        die "the gateway's program ($1) did not build"
}

# build_driver VARIANT DEFECTIVE: with the kernel's own make files, which name their place.
build_driver() {
    local folder=$work/driver-$1
    mkdir -p "$folder"
    cp "$here/driver/relay.c" "$folder/"
    printf 'obj-m := relay.o\nccflags-y := -DGATEWAY_DEFECTIVE=%s\n' "$2" >"$folder/Makefile"
    quietly "$cache/driver-$1.log" make -s -C "$work"/kernel/usr/src/linux-headers-*-cloud-arm64 \
        M="$folder" ARCH=arm64 CROSS_COMPILE="$kernel_tools" modules ||
        die "the gateway's driver ($1) did not build"
    "${kernel_tools}strip" --strip-debug "$folder/relay.ko"
}

# --- image ----------------------------------------------------------------------------

# add_module NAME: after those that it needs, once.
add_module() {
    local name=$1 file needed
    ! grep -q "^/lib/$name.ko" "$work/modules.list" 2>/dev/null || return 0
    file=$(find "$work/kernel/lib/modules" -name "$name.ko")
    [ -n "$file" ] || die "the kernel package has no module $name"
    for needed in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
        add_module "$needed"
    done
    cp "$file" "$work/root/lib/"
    printf '/lib/%s.ko%s\n' "$name" \
        "$(sed -n "s/^$name\( .*\)/\1/p" <<<"$module_options")" >>"$work/modules.list"
}

prepare_root() {
    local package
    for package in "$cache"/download/*.deb; do
        case $package in
        */linux-*) dpkg-deb -x "$package" "$work/kernel" ;;
        *) dpkg-deb -x "$package" "$work/busybox" ;;
        esac
    done
    sed -i "s|include /usr/src|include $work/kernel/usr/src|" \
        "$work"/kernel/usr/src/linux-headers-*-cloud-arm64/Makefile
    mkdir -p "$work"/root/{bin,dev,etc,lib,proc,sys,usr/sbin}
    printf '127.0.0.1 localhost\n10.0.2.2 monitor\n10.0.2.15 gateway\n' >"$work/root/etc/hosts"
    cp "$work/busybox/bin/busybox" "$work/root/bin/"
    ln -s busybox "$work/root/bin/sh"
    install -m 755 "$here/init" "$work/root/init"
    : >"$work/modules.list"
    for module in $modules; do add_module "$module"; done
    printf '/lib/relay.ko\n' >>"$work/modules.list"
    cp "$work/modules.list" "$work/root/lib/modules.list"
}

# The files' times are those of nothing, so that the same packages give the same bytes.
assemble() {
    install -m 755 -s --strip-program=arm-linux-gnueabihf-strip \
        "$output/gateway-$1.elf" "$work/root/usr/sbin/gatewayd"
    cp "$work/driver-$1/relay.ko" "$work/root/lib/"
    find "$work/root" -exec touch -h -d @0 {} +
    (cd "$work/root" && find . -mindepth 1 | sort |
        cpio --quiet --reproducible --owner 0:0 -H newc -o >"$output/gateway-$1.cpio.new")
    mv "$output/gateway-$1.cpio.new" "$output/gateway-$1.cpio"
}

for tool in "$compiler" "${kernel_tools}gcc" make cpio; do
    [ "$fetch_only" = yes ] || command -v "$tool" >/dev/null ||
        die "$tool is not installed: see scripts/packages.txt, section [gateway]"
done
is_fetched || fetch_all
[ "$fetch_only" = no ] || exit 0
mkdir -p "$output"
output=$(cd "$output" && pwd)
! ingredients | cmp -s - "$output/gateway.stamp" || exit 0
prepare_root
build_driver fixed 0 &
driver=$!
build_driver defective 1
wait "$driver"
for variant in fixed defective; do
    build_program "$variant" "$([ $variant = fixed ] && echo 0 || echo 1)"
    assemble "$variant"
done
cp "$work"/kernel/boot/vmlinuz-* "$output/gateway-vmlinuz"
cp "$cache/MANIFEST" "$output/gateway-MANIFEST"
ingredients >"$output/gateway.stamp"
say "gateway: $(cd "$output" && du -ch gateway-vmlinuz gateway-fixed.cpio | tail -n 1 | cut -f1) kernel and files"
