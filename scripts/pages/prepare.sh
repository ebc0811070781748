# Installs what the scripts of this folder need, and builds the program. Sets `tools`, `program` and
# `chromium`. `NARTHEX_PROGRAM` names a program that is built already.

scripts/install-packages chromium faketime nodejs npm
tools=${CARGO_TARGET_DIR:-target}/tools/by-hand
mkdir -p "$tools"
cp scripts/pages/*.mjs scripts/pages/*.json "$tools"
if ! cmp --silent scripts/pages/package-lock.json "$tools/installed.json"; then
    npm ci --prefix "$tools" --silent --no-audit --no-fund
    cp scripts/pages/package-lock.json "$tools/installed.json"
fi
program=${NARTHEX_PROGRAM:-}
if [ -z "$program" ]; then
    cargo build --quiet --release --locked --package narthex
    program=${CARGO_TARGET_DIR:-target}/release/narthex
fi
program=$(realpath "$program")
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
