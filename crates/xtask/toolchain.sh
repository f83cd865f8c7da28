#!/usr/bin/env bash
# Finds or makes the one toolchain (a Rust new enough, with a wasm32-unknown-unknown std that really links),
# says in one line what it did, then runs the command given:   crates/xtask/toolchain.sh cargo xtask run
#
# Order: what is there · Debian's packages (as root) · rustup · Debian's packages (through sudo) · a sentence.
# Environment: VOBIO_NO_RUSTUP=1 never asks rustup to download; VOBIO_RUSTUP_SECONDS limits it (600).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

TARGET=wasm32-unknown-unknown
NAME=vobio # rustup's name for Debian's toolchain
WANTED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vobio/toolchain
PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web)
PATH=$PATH:$HOME/.cargo/bin

say() { echo "toolchain: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
new_enough() { # $1 = a version: not older than the workspace asks for
  [ "$(printf '%s\n%s\n' "$WANTED" "$1" | sort -V | head -n1)" = "$WANTED" ]
}

# A std of another compiler looks the same on disk, so a cdylib is really linked, once per compiler.
# $1 = rustc
makes_wasm() {
  local version sysroot stamp dir ok=1
  version=$("$1" --version 2>/dev/null) || return 1
  new_enough "$(awk '{print $2}' <<<"$version")" || return 1
  sysroot=$("$1" --print sysroot)
  compgen -G "$sysroot/lib/rustlib/$TARGET/lib/libstd-*.rlib" >/dev/null || return 1
  stamp=$CACHE/linked-$(cksum <<<"$version $sysroot $(ls -l "$sysroot/lib/rustlib/$TARGET/lib")" | tr ' ' -)
  [ -e "$stamp" ] && return 0
  dir=$(mktemp -d)
  cat >"$dir/l.rs" <<'RUST'
use std::collections::HashMap;
#[unsafe(no_mangle)]
pub extern "C" fn f(x: u32) -> usize {
    HashMap::from([(x, format!("{x}"))])[&x].len()
}
RUST
  "$1" --edition 2024 --target $TARGET --crate-type cdylib -O -C lto=fat -C panic=abort \
    -o "$dir/l.wasm" "$dir/l.rs" >"$dir/log" 2>&1 || { ok=0; head -n5 "$dir/log" >&2; }
  rm -rf "$dir"
  [ $ok = 1 ] && mkdir -p "$CACHE" && : >"$stamp"
}

# Everything is in place: run the command with it. $1 = what happened; the rest is the command.
finish() {
  say "$1 ($(rustc --version))"
  shift
  [ $# -eq 0 ] || exec "$@"
  exit 0
}

# Debian's compiler becomes the one that a plain `cargo` means in this folder.
use_debian() {
  if have rustup; then
    unset RUSTUP_TOOLCHAIN
    rustup toolchain list 2>/dev/null | grep -q "^$NAME\b" || rustup toolchain link $NAME /usr >/dev/null 2>&1
    rustup override set $NAME >/dev/null 2>&1
  fi
  makes_wasm "$(command -v rustc || echo rustc)" || export PATH="/usr/bin:$PATH"
}

# Packages, their linker, and a std for wasm built from Debian's own source. $1 = "sudo -n" or nothing
make_debian() {
  local sudo=${1:-} missing=() p lld version std dest
  have apt-get && have dpkg-query || return 1
  for p in "${PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    candidate() { apt-cache policy rustc-web | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p'; }
    # A list that was never fetched, or is older than the package: asked once more before it is believed.
    new_enough "$(candidate)" || $sudo apt-get update -qq >&2 || return 1
    new_enough "$(candidate)" || return 1
    say "installing ${missing[*]}"
    apt_install "$sudo" "${missing[@]}" || return 1
  fi
  if [ ! -e /usr/bin/rust-lld ]; then # a link to lld-NN, a package nothing depends on
    lld=$(basename "$(readlink /usr/bin/rust-lld)") || return 1
    say "installing $lld"
    apt_install "$sudo" "$lld" || return 1
  fi
  makes_wasm /usr/bin/rustc && return 0

  version=$(/usr/bin/rustc --version | awk '{print $2}')
  std=$CACHE/std-$version
  if [ ! -e "$std/complete" ]; then
    say "building std for $TARGET with rustc $version, once (about a minute)"
    rm -rf "$std" && mkdir -p "$std/build/src" "$std/lib" && : >"$std/build/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$std/build/Cargo.toml"
    # embed-bitcode, or lto = true could not use this std. The environment's own flags stay out.
    (cd "$std/build" && env -i HOME="$HOME" PATH=/usr/bin:/bin ${CARGO_HOME:+CARGO_HOME="$CARGO_HOME"} \
      RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_INCREMENTAL=0 \
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 /usr/bin/cargo build --release --quiet --target $TARGET \
      --target-dir "$std/build/target" -Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test >&2) || return 1
    rm -f "$std/build/target/$TARGET/release/deps"/libempty*
    cp "$std/build/target/$TARGET/release/deps"/*.rlib "$std/lib" && rm -rf "$std/build" && : >"$std/complete"
  fi
  dest=$(/usr/bin/rustc --print sysroot)/lib/rustlib/$TARGET/lib
  $sudo rm -rf "$dest" && $sudo mkdir -p "$dest" && $sudo cp "$std/lib"/*.rlib "$dest" && makes_wasm /usr/bin/rustc
}

apt_install() { # $1 = "sudo -n" or nothing; the rest = packages
  local sudo=$1 install
  shift
  install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  $sudo "${install[@]}" >/dev/null 2>&1 || { $sudo apt-get update -qq && $sudo "${install[@]}"; } >&2
}

# The current toolchain gets the target, or rustup's stable becomes this folder's.
make_rustup() {
  local limit=${VOBIO_RUSTUP_SECONDS:-600}
  [ "${VOBIO_NO_RUSTUP:-}" != 1 ] && have rustup || return 1
  if have rustc && new_enough "$(rustc --version | awk '{print $2}')"; then
    say "rustup target add $TARGET"
    timeout "$limit" rustup target add $TARGET >&2 && makes_wasm "$(command -v rustc)" && return 0
  fi
  say "rustup toolchain install stable"
  timeout "$limit" rustup toolchain install stable --profile minimal -c clippy -c rustfmt --target $TARGET >&2 &&
    unset RUSTUP_TOOLCHAIN && rustup override set stable >/dev/null 2>&1 && makes_wasm "$(command -v rustc)"
}

if ! have cc; then
  if [ "$(id -u)" = 0 ] && have apt-get; then
    say "installing gcc"
    apt_install "" gcc libc6-dev
  else
    say "no C compiler: install one (on Debian: apt install gcc libc6-dev) and run this again" && exit 1
  fi
fi

if have cargo && have rustc && makes_wasm "$(command -v rustc)"; then finish "ready" "$@"; fi
if [ -x /usr/bin/cargo ] && makes_wasm /usr/bin/rustc; then
  use_debian && finish "Debian's packages, now chosen for this folder" "$@"
fi
if [ "$(id -u)" = 0 ] && make_debian; then
  use_debian && finish "made from Debian's packages" "$@"
fi
if make_rustup; then finish "made by rustup" "$@"; fi
if [ "$(id -u)" != 0 ] && have sudo && sudo -n true 2>/dev/null && make_debian "sudo -n"; then
  use_debian && finish "made from Debian's packages" "$@"
fi
say "needs Rust $WANTED or newer with $TARGET: install rustup, then \`rustup toolchain install stable --target $TARGET\`" \
  "(on Debian, as root, this script does it with apt: ${PACKAGES[*]})"
exit 1
