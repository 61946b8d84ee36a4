#!/bin/sh
# sh packaging/debian/build.sh DIR: builds the package from what `make install` installs, prints its path.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p "$1"
target=$(cd "$1" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
umask 022

version=$(node -p 'require("./package.json").version')
# koffi's prebuilt library is of one architecture.
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
# As Debian's own tools have it.
maintainer="${DEBFULLNAME:-plinkctl contributors} <${DEBEMAIL:-plinkctl@localhost}>"

make --silent install PREFIX=/usr DESTDIR="$root" ZSH_DIR=/usr/share/zsh/vendor-completions
rm -rf "$root"/usr/lib/plinkctl/node_modules/@koromix/*/musl_*
mv "$root/usr/share/doc/plinkctl/LICENSE" "$root/usr/share/doc/plinkctl/copyright"
sed -i 's|](LICENSE)|](copyright)|' "$root/usr/share/doc/plinkctl/README.md"
{
    printf 'plinkctl (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n' "$version"
    printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} > "$root/usr/share/doc/plinkctl/changelog"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
gzip -9n "$root/usr/share/doc/plinkctl/changelog"
for link in "$root"/usr/share/man/man8/*.8; do
    ln -s "$(readlink "$link").gz" "$link.gz"
    rm "$link"
done

mkdir "$root/DEBIAN"
sed "s/@MAINTAINER@/$maintainer/; s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$(du -sk "$root/usr" | cut -f1)/" \
    packaging/debian/control.in > "$root/DEBIAN/control"
install -m 755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$root/DEBIAN"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs -d '\n' md5sum) > "$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zxz --build "$root" "$target/plinkctl_${version}_$architecture.deb" >&2
echo "$target/plinkctl_${version}_$architecture.deb"
