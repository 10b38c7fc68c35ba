/** `/install.sh`: for Linux and macOS. Public, so nothing in it is secret; the join code comes on its standard input. */
import type { AgentPackage } from '../../shared/joining.ts';
import { codeWords } from './join-words.ts';
import { curlPins, curlWords, type InstallAddresses, isPinned, quoted } from './lines.ts';

/** Refuses what `enroll` would refuse, in its words, before anything is fetched. */
const codeCheck = () => `letters=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_
# As shared/join-code.ts: the last four characters are the first of SHA-256 of the others, as base64url.
check_of() {
  bits=$((0x$(printf '%s' "$1" | sum_of | cut -c1-6)))
  for shift in 18 12 6 0; do
    at=$(((bits >> shift) % 64 + 1))
    printf '%s' "$letters" | cut -c$at
  done | tr -d '\\n'
}
refuse_code() {
  shown=$(printf '%s' "$code" | cut -c1-20)
  [ "\${#code}" -le 20 ] || shown=$shown…
  # shellcheck disable=SC2059
  stop "$(printf "$1" "$shown")"
}
check_code() {
  cut=${quoted(codeWords('BAD_JOIN_CODE', '%s'))}
  case "$code" in
    EK[12]-*[!A-Za-z0-9_-]*) refuse_code "$cut" ;;
    EK[12]-?????*) ;;
    *) refuse_code "$cut" ;;
  esac
  case "$code" in EK1-*) return 0 ;; esac
  before=\${code%????}
  [ "$code" != "$before$(check_of "$before")" ] || return 0
  # What was cut off is no longer whole JSON.
  case "$(printf '%s' "\${before#EK2-}" | tr '_-' '/+' | base64 -d 2>/dev/null | tr -d '\\000')" in
    '{'*'}') refuse_code ${quoted(codeWords('JOIN_CODE_MISTYPED', '%s'))} ;;
    *) refuse_code "$cut" ;;
  esac
}
`;

export function installShell(addresses: InstallAddresses, packages: readonly AgentPackage[]): string {
  const rows = packages
    .filter(({ form }) => form !== 'msi')
    .map(({ system, arch, form, name, sha256, size, version }) =>
      [system, arch, form, name, sha256, size, version].join(' '),
    );
  const pins = curlPins(addresses);
  const wget = isPinned(addresses) ? `--no-check-certificate --pinnedpubkey ${quoted(pins)}` : '';
  return `#!/bin/sh
# Installs the Evenkeel agent from ${addresses.http.replace(/[^\x20-\x7e]/g, '?')} and enrols this machine there.
#   echo CODE | sudo sh ek.sh             a join code of the page "Add endpoint"; EVENKEEL_JOIN_CODE_FILE=FILE instead of standard input
#   echo CODE | sudo sh ek.sh --again     in the place of the identity that this machine has
set -eu
url=${quoted(addresses.http)}
# system processor form name sha256 bytes version
packages=${quoted(rows.join('\n'))}

stop() { printf '%s\\n' "install.sh: $1" >&2; exit 1; }
say() { printf '%s\\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

fetch() {
  if has curl; then
    curl ${curlWords(addresses)} --max-time 1800 -o "$2" "$url/packages/$1"
  elif has wget; then
    wget -q ${wget} -O "$2" "$url/packages/$1"
  else
    stop 'neither curl nor wget is here. Install one of them, and run this again.'
  fi
}

sum_of() {
  if has sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d' ' -f1
}

${codeCheck()}
again=
for word in "$@"; do
  case "$word" in
    --again) again=--again ;;
    *) stop "unknown word \\"$word\\". It takes --again, or nothing." ;;
  esac
done

[ "$(id -u)" = 0 ] || stop "this needs root, and you are $(id -un). Put sudo in front of sh."
if [ -n "\${EVENKEEL_JOIN_CODE_FILE:-}" ]; then
  code=$(tr -d ' \\t\\r\\n' <"$EVENKEEL_JOIN_CODE_FILE") || stop "the file $EVENKEEL_JOIN_CODE_FILE cannot be read."
elif [ -t 0 ]; then
  stop 'there is no join code. Paste the whole line of the page "Add endpoint".'
else
  code=$(tr -d ' \\t\\r\\n')
fi
[ -n "$code" ] || stop 'there is no join code. Paste the whole line of the page "Add endpoint".'
check_code

case "$(uname -s)" in
  Linux) system=linux room=/usr data=/var/lib/evenkeel-agent ;;
  Darwin) system=macos room=/ data=/var/db/evenkeel-agent ;;
  *) stop "there is no agent for $(uname -s)." ;;
esac
case "$(uname -m)" in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) arch=$(uname -m) ;;
esac
form=tar.gz
if [ $system = linux ]; then
  if has dpkg; then form=deb; elif has rpm; then form=rpm; fi
  # A tar.gz that is here already stays one.
  if [ -d /opt/evenkeel-agent ]; then form=tar.gz; fi
  if ldd --version 2>&1 | grep -qi musl; then stop 'this system has musl instead of glibc, for which there is no agent.'; fi
fi
pick() { printf '%s\\n' "$packages" | awk -v s="$system" -v a="$arch" -v f="$1" '$1 == s && $2 == a && $3 == f { print; exit }'; }
row=$(pick "$form")
if [ -z "$row" ]; then form=tar.gz; row=$(pick tar.gz); fi
if [ -z "$row" ]; then
  for_this=$(printf '%s\\n' "$packages" | awk -v s="$system" '$1 == s { printf "%s%s %s", sep, $2, $3; sep = ", " }')
  stop "this collector has no package for $system with $(uname -m) processors (it has: \${for_this:-none}). Build it with: npm run package -- --target $system-$arch, and put it into the folder packages of the collector's data."
fi
# shellcheck disable=SC2086
set -- $row
name=$4 sum=$5 size=$6 version=$7

# Half installed counts as not installed.
is_here() {
  [ "$(evenkeel-agent --version 2>/dev/null)" = "$version" ] || return 1
  case $system-$form in
    linux-deb) dpkg-query -W -f '\${Status}' evenkeel-agent 2>/dev/null | grep -q 'ok installed' ;;
    linux-rpm) rpm -q evenkeel-agent >/dev/null 2>&1 ;;
    linux-*) [ -x /opt/evenkeel-agent/setup ] ;;
  esac
}

install_it() {
  # Unpacked it is four times as large.
  for place in "$room" "\${TMPDIR:-/tmp}"; do
    free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt $((size / 1024 * 5)) ] ||
      stop "there is no room: $place has $((free / 1024)) MB free, and $((size / 1024 / 1024 * 5)) MB are needed. Make room, and run this again."
  done

  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  say "Fetching $name ($((size / 1000000)) MB) from $url"
  fetch "$name" "$folder/$name" ||
    stop "$name could not be fetched from $url. If curl said 90: the server showed another key than this script knows; make a new line on the page \\"Add endpoint\\"."
  got=$(sum_of "$folder/$name")
  [ "$got" = "$sum" ] || stop "$name is not what the collector announced (SHA-256 $got, wanted $sum). Nothing was installed; a proxy may have changed it. Run this again."

  if [ $system = linux ] && [ $form != deb ] && ! ldconfig -p 2>/dev/null | grep -q 'libatomic\\.so\\.1'; then
    stop 'the library libatomic is missing. Install it (dnf install libatomic, zypper install libatomic1, apt-get install libatomic1), and run this again.'
  fi
  case $form in
    deb)
      if ! dpkg-query -W -f '\${Status}' libatomic1 2>/dev/null | grep -q 'ok installed'; then
        apt-get install -y -q libatomic1 || stop 'libatomic1 is missing and could not be installed. Install it, and run this again.'
      fi
      dpkg -i "$folder/$name"
      ;;
    rpm) rpm -U --replacepkgs "$folder/$name" ;;
    tar.gz)
      tar xzf "$folder/$name" -C "$folder"
      sh "$folder/\${name%.tar.gz}/install.sh"
      ;;
  esac
}

if is_here; then say "evenkeel-agent $version is installed already, and is not fetched again."; else install_it; fi

if [ -e "$data/agent.json" ] && [ -z "$again" ]; then
  say 'This machine is enrolled already, and keeps its identity. For another one: --again.'
else
  # shellcheck disable=SC2086
  printf '%s\\n' "$code" | evenkeel-agent enroll - $again
fi
code=
if [ ! -e "$data/agent.json" ] && [ -e "$data/join-waiting.json" ]; then exit 0; fi
if [ $system = linux ] && [ ! -d /run/systemd/system ]; then
  say 'There is no systemd here, so nothing starts the agent by itself. Start it as the user evenkeel-agent: evenkeel-agent run'
  exit 0
fi
if evenkeel-agent wait --seconds 60; then exit 0; fi
say 'No report has been confirmed within a minute. What stands in the way:' >&2
evenkeel-agent doctor >&2 || true
exit 1
`;
}
