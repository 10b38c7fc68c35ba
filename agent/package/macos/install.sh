#!/bin/sh
# Installs the agent out of this folder: sudo sh install.sh
#   sudo sh install.sh --uninstall [--purge]    removes it; --purge also its data and its user
set -eu
name=evenkeel-agent
user=_evenkeel
home=/opt/$name
data=/var/db/evenkeel-agent
daemon=/Library/LaunchDaemons/net.evenkeel.agent.plist
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

stop() { printf '%s\n' "install.sh: $1" >&2; exit 1; }

[ "$(uname -s)" = Darwin ] || stop "this package is for macOS, and this machine is $(uname -s)."
[ "$(id -u)" = 0 ] || stop "this needs root, and you are $(id -un). Run: sudo sh $0 $*"

if [ "${1:-}" = --uninstall ]; then
  launchctl bootout system "$daemon" 2>/dev/null || true
  rm -rf "$daemon" "$home" /usr/local/bin/$name
  if [ "${2:-}" = --purge ]; then
    rm -rf "$data" /var/log/evenkeel-agent.log
    if dscl . -read "/Users/$user" >/dev/null 2>&1; then dscl . -delete "/Users/$user"; fi
  fi
  echo "Removed $name.$([ "${2:-}" = --purge ] || echo " Its data is still in $data.")"
  exit 0
fi
[ $# = 0 ] || stop "unknown word \"$1\". It takes no words, or --uninstall [--purge]."

xattr -d com.apple.quarantine "$here/$name" 2>/dev/null || true
version=$("$here/$name" --version 2>&1) || stop "the program does not start: $version"
if ! dscl . -read "/Users/$user" >/dev/null 2>&1; then
  id=300
  while dscl . -list /Users UniqueID | awk '{ print $2 }' | grep -qx $id; do id=$((id + 1)); done
  dscl . -create "/Users/$user"
  dscl . -create "/Users/$user" UniqueID $id
  dscl . -create "/Users/$user" PrimaryGroupID 20
  dscl . -create "/Users/$user" UserShell /usr/bin/false
  dscl . -create "/Users/$user" NFSHomeDirectory "$data"
  dscl . -create "/Users/$user" IsHidden 1
fi
mkdir -p "$home/versions" "$data" /usr/local/bin
chown $user "$data"
chmod 0700 "$data"
cp "$here/$name" "$home/versions/$version.new"
mv "$home/versions/$version.new" "$home/versions/$version"
cp "$here/LICENSE" "$here/THIRD-PARTY.txt" "$home"
ln -sfn "versions/$version" "$home/current"
ln -sfn "$home/current" /usr/local/bin/$name
launchctl bootout system "$daemon" 2>/dev/null || true
install -m 0644 -o root -g wheel "$here/net.evenkeel.agent.plist" "$daemon"
launchctl bootstrap system "$daemon"
echo "Installed $name $version. Now enrol this machine: sudo $name enroll"
