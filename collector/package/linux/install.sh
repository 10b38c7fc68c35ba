#!/bin/sh
# Installs the collector out of this folder, without a package manager: sudo sh install.sh
#   sudo sh install.sh --uninstall [--purge]    removes it; --purge also its data, its settings and its user
set -eu
name=evenkeel-collector
home=/opt/$name
settings=/etc/evenkeel/evenkeel.yaml
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

stop() { printf '%s\n' "install.sh: $1" >&2; exit 1; }

[ "$(id -u)" = 0 ] || stop "this needs root, and you are $(id -un). Run: sudo sh $0 $*"
[ "$(uname -s)" = Linux ] || stop "this package is for Linux, and this machine is $(uname -s)."

if [ "${1:-}" = --uninstall ]; then
  [ -x $home/setup ] || stop "$name is not installed in $home: nothing to remove."
  $home/setup remove
  cp $home/setup "$here/setup.last"
  rm -rf $home /usr/bin/$name /etc/systemd/system/$name.service
  [ "${2:-}" != --purge ] || "$here/setup.last" purge
  rm -f "$here/setup.last"
  echo "Removed $name.$([ "${2:-}" = --purge ] || echo ' Its data is still in /var/lib/evenkeel, its settings in /etc/evenkeel.')"
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
[ "$(df -Pk / | awk 'NR == 2 { print $4 }')" -gt 600000 ] ||
  stop "there is less than 600 MB of room on /. Make room, and run this again."
version=$("$here/program/$name" --version 2>&1) ||
  stop "the program does not start: $version. On a minimal system it lacks libatomic: apt-get install libatomic1, or dnf install libatomic."

[ ! -e /usr/lib/$name ] || stop "$name is installed as a deb or rpm package already. Use the package manager, or remove that first."
if [ -e /usr/bin/$name ] && [ ! -L /usr/bin/$name ]; then stop "/usr/bin/$name is there and not ours. Move it away first."; fi
word=install
[ ! -e $home/setup ] || word=upgrade
install -d -m 0755 $home $home/versions /etc/systemd/system
rm -rf "$home/versions/$version.new"
cp -R "$here/program" "$home/versions/$version.new"
chown -R root:root "$home/versions/$version.new"
# Of the same version again: the old folder is moved aside first, for a folder is not replaced by a rename.
[ ! -e "$home/versions/$version" ] || mv "$home/versions/$version" "$home/versions/$version.old"
mv "$home/versions/$version.new" "$home/versions/$version"
rm -rf "$home/versions/$version.old"
install -m 0755 "$here/setup" $home/setup
install -m 0644 "$here/LICENSE" "$here/THIRD-PARTY.txt" $home
install -m 0644 "$here/$name.service" /etc/systemd/system
if [ ! -e $settings ]; then install -D -m 0640 "$here/evenkeel.yaml" $settings; fi
ln -sfn "versions/$version" $home/current.new
mv -T $home/current.new $home/current
ln -sfn $home/current/$name /usr/bin/$name
echo "Installed $name $version."
$home/setup $word
