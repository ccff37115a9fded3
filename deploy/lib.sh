# Shared by deploy/install, deploy/demo and deploy/test; sourced, never run.
#
# Sets ROOT (the clone), CACHE (what is built once for all clones) and VENV, and finds the tools of
# this machine. Nothing here writes anywhere.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
CACHE=${LOGOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/logos}
VENV=$ROOT/.venv
HOST_CRATE=$ROOT/logos_graph/wasm/host
SDK_CRATE=$ROOT/logos_graph/wasm/sdk
readonly ROOT CACHE VENV HOST_CRATE SDK_CRATE
readonly RUST_MINIMUM=1.95.0
readonly GO_MINIMUM=1.24.0
readonly EXIT_ENVIRONMENT=3

# A person's own Python settings must not leak into the clone's environment.
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*"; }

# fail MESSAGE [HINT]: the machine is at fault; the same form as the command line's own errors.
fail() {
  printf 'error[E_SETUP]: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf 'hint: %s\n' "$2" >&2; fi
  exit "$EXIT_ENVIRONMENT"
}

# at_least FOUND WANTED: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# find_python: prints the first Python >= 3.11 that can make environments.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      >/dev/null 2>&1; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

# java_home_fits DIR: a whole JDK of a line that both the database and the guard's build run on.
java_home_fits() {
  local major
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  major=$("$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  [ "$major" = 17 ] || [ "$major" = 21 ]
}

# find_java: exports JAVA_HOME, from JAVA_HOME itself, PATH or the system's folder of JDKs.
find_java() {
  local javac candidate
  javac=$(command -v javac || true)
  for candidate in "${JAVA_HOME:-}" "${javac:+$(dirname "$(dirname "$(readlink -f "$javac")")")}" \
    /usr/lib/jvm/*; do
    if [ -n "$candidate" ] && java_home_fits "$candidate"; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  return 1
}

# rust_version DIR: prints the version of the rustc in DIR; fails when cargo or rustc do not run.
rust_version() {
  [ -x "$1/cargo" ] && "$1/cargo" --version >/dev/null 2>&1 || return 1
  "$1/rustc" --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p'
}

# behind_shim DIR: the toolchain's own folder behind rustup's shims in DIR (…/.cargo/bin).
# The shims look for .rustup under HOME and fail when HOME is another folder; theirs is beside them.
behind_shim() {
  local home cargo
  home=$(dirname "$(dirname "$1")")
  [ -x "$1/rustup" ] && [ -d "$home/.rustup" ] || return 1
  cargo=$(RUSTUP_HOME=$home/.rustup RUSTUP_AUTO_INSTALL=0 "$1/rustup" which cargo 2>/dev/null) ||
    return 1
  dirname "$cargo"
}

# find_rust: puts a cargo and rustc that can build the WASM host first on PATH.
find_rust() {
  local folder toolchain version
  local -a folders
  mapfile -t folders < <(type -ap cargo | xargs -r -d '\n' -n 1 dirname)
  for folder in "${folders[@]}" "${CARGO_HOME:-$HOME/.cargo}/bin" "$HOME/.cargo/bin"; do
    for toolchain in "$folder" "$(behind_shim "$folder" || true)"; do
      version=$(rust_version "$toolchain" || true)
      if [ -n "$version" ] && at_least "$version" "$RUST_MINIMUM"; then
        export PATH=$toolchain:$PATH
        return 0
      fi
    done
  done
  return 1
}

# has_guest_target: a Rust that compiles to wasm32-unknown-unknown, with its linker.
has_guest_target() {
  local rustc sysroot
  for rustc in /usr/bin/rustc rustc; do
    sysroot=$("$rustc" --print sysroot 2>/dev/null) || continue
    if [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown" ]; then
      # Only a distribution leaves the linker to another package.
      [ "$rustc" = rustc ] || command -v wasm-ld rust-lld >/dev/null || continue
      return 0
    fi
  done
  return 1
}

# find_go: puts a Go that can build the verifiers of exports first on PATH, and has it keep what it
# fetches and builds in the cache, take the modules as they are locked, and fetch no other Go.
find_go() {
  local go version
  local -a found
  mapfile -t found < <(type -ap go)
  for go in "${found[@]}" /usr/local/go/bin/go /usr/lib/go*/bin/go; do
    version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null || true)
    if [ -n "$version" ] && at_least "${version#go}" "$GO_MINIMUM"; then
      PATH=$(dirname "$go"):$PATH
      export PATH GOPATH=$CACHE/go/path GOCACHE=$CACHE/go/build GOTOOLCHAIN=local
      export GOFLAGS="-mod=readonly -modcacherw -buildvcs=false"
      return 0
    fi
  done
  return 1
}
