#!/usr/bin/env bash
# The hook as a user meets it: pre-commit itself, a clone of this repository, the wheel in place of
# a package index. Builds the wheel (minutes) unless OMLINT_WHEELS names a folder that holds one.
# Judges what is committed, not what lies in the working tree.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/target/packaging
wheels=${OMLINT_WHEELS:-$tools/wheels}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $1" >&2
    [ ! -f "$work/log" ] || cat "$work/log" >&2
    exit 1
}

[ -x "$tools/venv/bin/python" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check --retries 2 \
    'pre-commit==4.7.0' 'maturin==1.16.0'
if [ -z "${OMLINT_WHEELS:-}" ]; then
    rm -rf "$wheels"
    (cd "$root/packaging/wheel" && "$tools/venv/bin/maturin" build --release --quiet --out "$wheels")
fi

echo "-- the wheel by itself"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$wheels" omlint
version=$("$work/venv/bin/omlint" --version)
expected=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[ "$version" = "omlint $expected" ] || fail "the wheel holds $version, expected omlint $expected"

echo "-- the hook"
git clone --quiet --no-local "$root" "$work/hook"
mkdir "$work/user"
cd "$work/user"
git init --quiet
git config user.name test
git config user.email test@example.invalid
git config commit.gpgsign false
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $work/hook
    rev: $(git -C "$work/hook" rev-parse HEAD)
    hooks:
      - id: omlint
YAML
export PRE_COMMIT_HOME=$work/cache PIP_FIND_LINKS=$wheels PIP_DISABLE_PIP_VERSION_CHECK=1
# Rust would be a way to cheat.
export PATH=$tools/venv/bin:/usr/bin:/bin
export CARGO=/nonexistent RUSTC=/nonexistent
pre-commit install >/dev/null
start=$SECONDS
pre-commit install-hooks >"$work/log" 2>&1 || fail "the hook cannot be installed"
echo "installed in $((SECONDS - start)) s"

commit() { git commit --quiet -m "$1" >"$work/log" 2>&1; }

echo "-- a file that is not OpenMetadata's"
printf 'a: 1\n' >other.yaml
printf '# notes\n' >notes.md
git add .pre-commit-config.yaml other.yaml notes.md
commit "nothing of ours" || fail "a commit without OpenMetadata was blocked"

echo "-- a deployment that is unsafe"
mkdir deploy
cat >deploy/docker-compose.yml <<'YAML'
services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: ${AUTHENTICATION_PROVIDER:-basic}
YAML
git add deploy
if commit "unsafe"; then fail "an unsafe deployment was committed"; fi
grep -q 'jwt-default-key-pair' "$work/log" || fail "the log does not name the rule"
grep -q 'deploy/docker-compose.yml' "$work/log" || fail "the log does not name the file"

echo "-- the same, hardened"
rm deploy/docker-compose.yml
good=https://sonnental-bank.eu.auth0.com
sed "s|AUTHENTICATION_AUTHORITY: $good|AUTHENTICATION_AUTHORITY: \${AUTHORITY}|" \
    "$root/fixtures/deployments/hardened/compose.yml" >deploy/compose.yml
grep -q 'AUTHORITY: ${AUTHORITY}' deploy/compose.yml || fail "the fixture has another authority"
echo "AUTHORITY=$good" >deploy/.env
git add -A
commit "hardened" || fail "a hardened deployment was blocked"

echo "-- a change of the .env re-judges the compose file beside it"
echo 'AUTHORITY=https://{Your Auth0 Domain}' >deploy/.env
git add -A
if commit "placeholder"; then fail "a placeholder in .env was committed"; fi
grep -q 'sso-placeholder' "$work/log" || fail "the log does not name the rule"
git reset --quiet --hard

echo "-- a name that looks like a flag is a file"
printf 'a: 1\n' >./--exit-zero.yml
git add -- ./--exit-zero.yml
commit "flag" || fail "a file was taken for a flag"

echo "-- the hook that runs the installed program, as omlint init writes it"
export PATH=$work/venv/bin:$PATH
git rm --quiet .pre-commit-config.yaml
omlint init pre-commit >"$work/log"
git add -A
commit "another hook" || fail "the local hook blocked a safe commit"
echo 'AUTHORITY=https://{Your Auth0 Domain}' >deploy/.env
git add -A
if commit "placeholder"; then fail "the local hook let a placeholder through"; fi

echo "the hook works"
