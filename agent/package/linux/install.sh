#!/bin/sh
# Installs the agent out of this folder, without a package manager: sudo sh install.sh
#   sudo sh install.sh --uninstall [--purge]    removes it; --purge also its data and its user
set -eu
name=evenkeel-agent
home=/opt/$name
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

has_systemd() { [ -d /run/systemd/system ]; }
stop() { printf '%s\n' "install.sh: $1" >&2; exit 1; }

[ "$(id -u)" = 0 ] || stop "this needs root, and you are $(id -un). Run: sudo sh $0 $*"
[ "$(uname -s)" = Linux ] || stop "this package is for Linux, and this machine is $(uname -s)."

if [ "${1:-}" = --uninstall ]; then
  [ -x $home/setup ] || stop "$name is not installed in $home: nothing to remove."
  if has_systemd; then systemctl --quiet disable --now evenkeel-update.path || true; fi
  $home/setup remove
  cp $home/setup "$here/setup.last"
  rm -rf $home /usr/bin/$name /etc/systemd/system/$name.service /etc/systemd/system/$name.path \
    /etc/systemd/system/$name.service.d/guard.conf /etc/systemd/system/evenkeel-update.service \
    /etc/systemd/system/evenkeel-update.path /etc/systemd/system/evenkeel-identity.service \
    /usr/lib/systemd/system-sleep/$name /usr/bin/evenkeel-report /usr/share/applications/evenkeel-report.desktop
  # A machine without a desktop had none before.
  for folder in /etc/systemd/system/$name.service.d /usr/share/applications; do rmdir $folder 2>/dev/null || true; done
  [ "${2:-}" != --purge ] || "$here/setup.last" purge
  rm -f "$here/setup.last"
  echo "Removed $name.$([ "${2:-}" = --purge ] || echo ' Its data is still in /var/lib/evenkeel-agent.')"
  exit 0
fi
[ $# = 0 ] || stop "unknown word \"$1\". It takes no words, or --uninstall [--purge]."

arch=$(cat "$here/arch")
machine=$(uname -m)
case "$machine" in
  x86_64) own=x64 ;;
  aarch64 | arm64) own=arm64 ;;
  *) own=$machine ;;
esac
[ "$own" = "$arch" ] || stop "this package is for $arch processors, and this machine has $machine. Take the package for $own."
[ "$(df -Pk / | awk 'NR == 2 { print $4 }')" -gt 300000 ] ||
  stop "there is less than 300 MB of room on /. Make room, and run this again."
version=$("$here/$name" --version 2>&1) ||
  stop "the program does not start: $version. On a minimal system it lacks libatomic: apt-get install libatomic1, or dnf install libatomic."

[ ! -e /usr/lib/$name ] || stop "$name is installed as a deb or rpm package already. Use the package manager, or remove that first."
if [ -e /usr/bin/$name ] && [ ! -L /usr/bin/$name ]; then stop "/usr/bin/$name is there and not ours. Move it away first."; fi
word=install
[ ! -e $home/setup ] || word=upgrade
install -d -m 0755 $home $home/versions /etc/systemd/system /usr/lib/systemd/system-sleep
install -m 0755 "$here/$name" "$home/versions/$version.new"
mv "$home/versions/$version.new" "$home/versions/$version"
install -m 0755 "$here/setup" $home/setup
install -m 0644 "$here/LICENSE" "$here/THIRD-PARTY.txt" $home
install -m 0644 "$here/$name.service" "$here/$name.path" "$here/evenkeel-identity.service" /etc/systemd/system
# Updates of its own: off until the machine's settings say otherwise, and without keys.json for good.
install -d -m 0755 /etc/systemd/system/$name.service.d
install -m 0755 "$here/guard" $home/guard
install -m 0644 "$here/guard.conf" /etc/systemd/system/$name.service.d
install -m 0644 "$here/evenkeel-update.service" "$here/evenkeel-update.path" /etc/systemd/system
[ ! -e "$here/keys.json" ] || install -m 0644 "$here/keys.json" $home/keys.json
# Whoever installs by hand ends a trial.
for file in trial previous starts restarted fell-back; do rm -f "$home/update/$file"; done
install -m 0755 "$here/evenkeel-sleep" /usr/lib/systemd/system-sleep/$name
install -m 0755 "$here/evenkeel-report" /usr/bin
install -D -m 0644 "$here/evenkeel-report.desktop" /usr/share/applications/evenkeel-report.desktop
ln -sfn "versions/$version" $home/current.new
mv -T $home/current.new $home/current
ln -sfn $home/current /usr/bin/$name
$home/setup $word
if has_systemd; then systemctl --quiet enable --now evenkeel-update.path; fi
echo "Installed $name $version. Now enrol this machine: sudo $name enroll"
