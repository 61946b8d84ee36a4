import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aufsUpper } from './aufs-upper.js';
import { type Contender, type Measured, measure } from './measure.js';
import type { ShortcutsOptions } from './shortcuts-options.js';
import { change, hideOneName, makeStage, overlayStage, whileMounted, writeInodes } from './stage.js';

/** Where the files of a system are, in percent. */
const parts = { 'usr/share': 30, 'usr/lib': 20, 'usr/src': 20, 'var/lib': 20, 'home/u': 10 } as const;

const times = (count: number, name: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i));

/** Hardlinked files as systems have them, all names of each; the first one is changed. */
const linked: Readonly<Record<string, readonly string[]>> = {
  'usr/bin/git': ['usr/bin/git', ...times(140, (i) => `usr/libexec/git-core/git-${i}`)],
  'a command of git': ['usr/libexec/git-core/hg', 'usr/bin/hg', 'usr/libexec/git-core/hg-1'],
  perl: ['usr/bin/perl', 'usr/bin/perl5.36.0'],
  busybox: times(300, (i) => `bin/applet${i}`),
  'a locale': times(200, (i) => `usr/lib/locale/l${i}/LC_CTYPE`),
  'a time zone': ['', 'posix/', 'right/'].map((set) => `usr/share/zoneinfo/${set}Europe/Berlin`),
};

/** The usual cases of a whole system's tree. */
export function systems({
  programs,
  plinkctl,
  files,
  rounds,
  home,
}: ShortcutsOptions): Record<string, Measured[]> {
  const stage = makeStage(files);
  try {
    const { lower } = overlayStage(stage.root);
    for (const [path, percent] of Object.entries(parts)) {
      mkdirSync(join(lower, path), { recursive: true });
      execFileSync(programs['make-tree'], [join(lower, path), 'wide', String((files / 100) * percent)]);
    }
    for (const names of Object.values(linked)) makeLinks(lower, names);
    const firsts = Object.values(linked).map(([first = '']) => first);
    const inodes = join(home, 'inodes');
    writeInodes(inodes, lower, firsts);
    const list = (name: string, changed: readonly string[]): Contender => {
      const root = join(stage.root, name.replaceAll('/', '-'));
      const overlay = overlayStage(root, lower);
      whileMounted(root, overlay, (view) => change(view, changed));
      return { name: `plinkctl list, ${name}`, command: [...plinkctl, 'list', '-q', ...overlay.words] };
    };
    const contenders = [
      { name: 'C getdents64', command: [programs.walk, lower, inodes] } as const,
      ...Object.entries(linked).map(([name, [first = '']]) => list(name, [first])),
      list('all of them', firsts),
    ];
    const aufs = aufsUpper(join(stage.root, 'aufs'), lower, firsts);
    contenders.push({
      name: 'plinkctl list, all of them in an aufs',
      command: [...plinkctl, 'list', '-q', '--format', 'aufs', '--upper', aufs, '--lower', lower],
    });
    const elsewhere = 'usr/bin/elsewhere';
    makeLinks(lower, [elsewhere, 'usr/bin/elsewhere-too']);
    hideOneName(stage.root, lower, elsewhere);
    contenders.push(list('a name outside of the lower', [elsewhere]));
    return {
      [`a system of ${files} files, one name changed of each`]: measure(programs.measure, contenders, {
        rounds,
        cold: false,
      }),
    };
  } finally {
    stage.dispose();
  }
}

function makeLinks(lower: string, [first = '', ...others]: readonly string[]): void {
  for (const name of [first, ...others]) mkdirSync(dirname(join(lower, name)), { recursive: true });
  writeFileSync(join(lower, first), `${first}\n`.repeat(100));
  for (const name of others) linkSync(join(lower, first), join(lower, name));
}
