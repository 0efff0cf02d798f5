#!/bin/sh
# Installs what the build and the tests need, after saying what. On Debian and
# its kin with apt-get; elsewhere it names what is missing. Asks for nothing and
# does nothing when all is there.
set -eu

# What is looked for, and the Debian package that has it.
#   pc NAME      a pkg-config module      lib NAME   a header
#   cmd NAME     a program                so NAME    a library to load
wanted='
cmd cc gcc
cmd make make
cmd pkg-config pkg-config
pc libcurl libcurl4-openssl-dev
pc jansson libjansson-dev
lib psa/crypto.h libmbedtls-dev
pc libsecret-1 libsecret-1-dev
pc libmicrohttpd libmicrohttpd-dev
pc libkeyutils libkeyutils-dev
pc libargon2 libargon2-dev
pc libqrencode libqrencode-dev
lib jq.h libjq-dev
pc criterion libcriterion-dev
cmd clang-format clang-format
cmd mandoc mandoc
cmd openssl openssl
cmd gnome-keyring-daemon gnome-keyring
cmd dbus-daemon dbus
cmd bash bash
cmd zsh zsh
cmd fish fish
cmd npm npm
cmd ps procps
'
[ "${1:-}" = all ] && wanted="$wanted
cmd clang clang
cmd valgrind valgrind
cmd strace strace
cmd nginx nginx-light
cmd h2load nghttp2-client
cmd gcov gcc
lib sanitizer/asan_interface.h libclang-rt-14-dev
"

have() {
  case $1 in
  cmd) command -v "$2" >/dev/null 2>&1 ;;
  pc) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" ;;
  lib)
    find /usr/include /usr/local/include /usr/lib/clang /usr/lib/llvm-14 \
      -path "*/$2" 2>/dev/null | grep -q . ;;
  esac
}

missing='' packages=''
while read -r kind name package; do
  [ -n "$kind" ] || continue
  have "$kind" "$name" || {
    missing="$missing $name"
    packages="$packages $package"
  }
done <<EOF
$wanted
EOF

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "make deps: missing:$missing" >&2
  echo "           (Debian's packages:$packages)" >&2
  echo "           install them with your package manager, then run make again" >&2
  exit 1
fi

echo "make deps: installing with apt-get:$packages"
as_root=''
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || {
    echo "make deps: neither root nor sudo: run  apt-get install$packages  as root" >&2
    exit 1
  }
  as_root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as_root apt-get install -y --no-install-recommends $packages >/dev/null 2>&1 || {
  $as_root apt-get update
  $as_root apt-get install -y --no-install-recommends $packages
}
