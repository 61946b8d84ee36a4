# make install [PREFIX=/usr/local] [DESTDIR=]: everything but node itself. Nothing is enabled.
PREFIX ?= /usr/local
SYSTEMD_DIR ?= $(PREFIX)/lib/systemd/system
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions
DESTDIR ?=
NODE ?= node

HOME_DIR = $(PREFIX)/lib/plinkctl
DOC_DIR = $(PREFIX)/share/doc/plinkctl
MAN_DIR = $(PREFIX)/share/man
BASH_DIR = $(PREFIX)/share/bash-completion/completions
FISH_DIR = $(PREFIX)/share/fish/vendor_completions.d

HELPERS = auplink fsck.overlay mount.aufs umount.aufs umount.overlay
UNITS = $(wildcard packaging/systemd/*.service packaging/systemd/*.timer)
EXAMPLES = packaging/cron.d packaging/default packaging/dracut packaging/grafana packaging/initramfs-tools packaging/kubernetes packaging/prometheus
# What stays out of the bundle; the rest of koffi is its source.
KOFFI = package.json index.js index.cjs indirect.js indirect.cjs LICENSE.txt \
	src/koffi/index.js src/koffi/index.cjs src/koffi/indirect.js src/koffi/indirect.cjs

# What units, manual and papers call by the paths of a package.
PLACED = sed 's|/usr/bin/plinkctl|$(PREFIX)/bin/plinkctl|g; s|/usr/lib/plinkctl|$(HOME_DIR)|g; s|/usr/share/doc/plinkctl|$(DOC_DIR)|g'

.PHONY: build install uninstall deb

build: dist/main.cjs

dist/main.cjs:
	$(NODE) build.mjs --no-types

install: dist/main.cjs
	install -d '$(DESTDIR)$(HOME_DIR)/bin' '$(DESTDIR)$(HOME_DIR)/helpers' '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 bin/plinkctl.js '$(DESTDIR)$(HOME_DIR)/bin/plinkctl.js'
	install -m 644 bin/package.json '$(DESTDIR)$(HOME_DIR)/bin/package.json'
	install -m 644 package.json '$(DESTDIR)$(HOME_DIR)/package.json'
	rm -rf '$(DESTDIR)$(HOME_DIR)/dist' '$(DESTDIR)$(HOME_DIR)/node_modules'
	for file in $$(find dist -type f ! -name '*.map' ! -path 'dist/types/*' ! -path 'dist/bench/*'); do \
		install -D -m 644 "$$file" '$(DESTDIR)$(HOME_DIR)/'"$$file" || exit 1; \
	done
	for file in $(KOFFI); do \
		test ! -e node_modules/koffi/$$file || \
		install -D -m 644 node_modules/koffi/$$file '$(DESTDIR)$(HOME_DIR)/node_modules/koffi/'$$file || exit 1; \
	done
	for file in $$(find node_modules/koffi/src/koffi/src -name 'static.*js' 2>/dev/null) \
		$$(find node_modules/@koromix/koffi-linux-* -type f ! -name '*.md'); do \
		install -D -m 644 "$$file" '$(DESTDIR)$(HOME_DIR)/'"$$file" || exit 1; \
	done
	ln -sfn ../lib/plinkctl/bin/plinkctl.js '$(DESTDIR)$(PREFIX)/bin/plinkctl'
	for name in $(HELPERS); do \
		ln -sfn ../bin/plinkctl.js '$(DESTDIR)$(HOME_DIR)/helpers/'$$name || exit 1; \
	done
	install -d '$(DESTDIR)$(MAN_DIR)/man5' '$(DESTDIR)$(MAN_DIR)/man8'
	for page in man/*.[58]; do \
		installed='$(DESTDIR)$(MAN_DIR)/man'$${page##*.}/$${page##*/}; \
		rm -f "$$installed" && $(PLACED) $$page > "$$installed" && chmod 644 "$$installed" || exit 1; \
	done
	for name in umount.aufs mount.aufs; do \
		ln -sfn umount.overlay.8 '$(DESTDIR)$(MAN_DIR)/man8/'$$name.8 || exit 1; \
	done
	install -D -m 644 packaging/completions/plinkctl.bash '$(DESTDIR)$(BASH_DIR)/plinkctl'
	install -D -m 644 packaging/completions/_plinkctl '$(DESTDIR)$(ZSH_DIR)/_plinkctl'
	install -D -m 644 packaging/completions/plinkctl.fish '$(DESTDIR)$(FISH_DIR)/plinkctl.fish'
	install -d '$(DESTDIR)$(SYSTEMD_DIR)' '$(DESTDIR)$(DOC_DIR)/examples'
	for unit in $(UNITS); do \
		$(PLACED) $$unit > '$(DESTDIR)$(SYSTEMD_DIR)/'$${unit##*/} || exit 1; \
		chmod 644 '$(DESTDIR)$(SYSTEMD_DIR)/'$${unit##*/}; \
	done
	install -m 644 CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE '$(DESTDIR)$(DOC_DIR)'
	sed 's|](packaging)|](examples)|' README.md > '$(DESTDIR)$(DOC_DIR)/README.md'
	chmod 644 '$(DESTDIR)$(DOC_DIR)/README.md'
	install -D -m 644 -t '$(DESTDIR)$(DOC_DIR)/schema' schema/*.json
	install -m 644 examples/*.mjs '$(DESTDIR)$(DOC_DIR)/examples'
	install -d '$(DESTDIR)$(DOC_DIR)/docs/recipes'
	install -m 644 docs/*.svg '$(DESTDIR)$(DOC_DIR)/docs'
	for paper in docs/*.md docs/recipes/*.md; do \
		$(PLACED) $$paper > '$(DESTDIR)$(DOC_DIR)/'$$paper || exit 1; \
		chmod 644 '$(DESTDIR)$(DOC_DIR)/'$$paper; \
	done
	cp -R --no-preserve=ownership $(EXAMPLES) '$(DESTDIR)$(DOC_DIR)/examples'
	install -D -m 644 -t '$(DESTDIR)$(DOC_DIR)/examples/systemd' packaging/systemd/examples/*

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/plinkctl'
	rm -rf '$(DESTDIR)$(HOME_DIR)' '$(DESTDIR)$(DOC_DIR)'
	rm -f $(patsubst packaging/systemd/%,'$(DESTDIR)$(SYSTEMD_DIR)/%',$(UNITS))
	rm -f $(patsubst man/%,'$(DESTDIR)$(MAN_DIR)/man8/%',$(wildcard man/*.8)) \
		$(patsubst man/%,'$(DESTDIR)$(MAN_DIR)/man5/%',$(wildcard man/*.5)) \
		'$(DESTDIR)$(MAN_DIR)/man8/umount.aufs.8' '$(DESTDIR)$(MAN_DIR)/man8/mount.aufs.8'
	rm -f '$(DESTDIR)$(BASH_DIR)/plinkctl' '$(DESTDIR)$(ZSH_DIR)/_plinkctl' '$(DESTDIR)$(FISH_DIR)/plinkctl.fish'

# A Debian package in DEB_DIR; its name is printed.
DEB_DIR ?= .
deb: dist/main.cjs
	@sh packaging/debian/build.sh '$(DEB_DIR)'
