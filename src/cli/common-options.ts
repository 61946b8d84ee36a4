import type { Options } from './option.js';

/** Options that every command takes. */
export const outputOptions = {
  json: { type: 'flag', describe: 'print one JSON document on stdout', group: 'Output:' },
  quiet: { type: 'flag', alias: 'q', describe: 'say only what needs attention', group: 'Output:' },
  verbose: { type: 'flag', alias: 'v', describe: 'say more: every entry, every name', group: 'Output:' },
  color: {
    type: 'flag',
    describe: 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]',
    group: 'Output:',
  },
  progress: { type: 'flag', describe: 'progress on stderr [default: on a terminal]', group: 'Output:' },
  'log-format': {
    type: 'text',
    describe:
      'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]',
    choices: ['text', 'systemd', 'json'],
    group: 'Output:',
  },
  metrics: {
    type: 'text',
    value: 'FILE',
    describe: 'write the result as Prometheus text, for a textfile collector',
    group: 'Output:',
  },
  timeout: { type: 'number', value: 'SECONDS', describe: 'stop at an entry boundary after this time' },
  config: { type: 'text', value: 'FILE', describe: 'configuration file [default: /etc/plinkctl.conf]' },
  'kernel-root': {
    type: 'text',
    value: 'DIR',
    describe: 'read /proc, /sys and /etc/fstab below DIR',
    hidden: true,
  },
} as const satisfies Options;

/** For commands that look through branches. */
export const lookOptions = {
  threads: {
    type: 'text',
    value: 'N',
    describe: 'threads for a long walk: 1 or 2 [default: 2]',
    choices: ['1', '2'],
  },
  'lower-cache': {
    type: 'flag',
    describe: 'remember in the state directory where read-only lowers have hardlinks, for the next run',
  },
  device: {
    type: 'flag',
    describe:
      'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]',
  },
  'state-dir': {
    type: 'text',
    value: 'DIR',
    describe: 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]',
  },
} as const satisfies Options;

/** How a command is told its union. */
export const targetOptions = {
  options: {
    type: 'list',
    alias: 'o',
    value: 'OPTIONS',
    describe: 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro',
    group: 'Union:',
  },
  upper: { type: 'text', value: 'DIR', describe: 'its upper (writable) branch', group: 'Union:' },
  lower: { type: 'list', value: 'DIR', describe: 'a lower branch; repeat it, top first', group: 'Union:' },
  work: { type: 'text', value: 'DIR', describe: 'its work directory (overlay only)', group: 'Union:' },
  format: {
    type: 'text',
    describe: 'the format, where it cannot be seen',
    choices: ['aufs', 'overlay'],
    group: 'Union:',
  },
  fstab: {
    type: 'optional',
    value: 'FILE',
    describe: 'take the branches of MOUNTPOINT from an fstab; it need not be mounted',
    group: 'Union:',
  },
} as const satisfies Options;

/** For commands that can work on every union of the machine. */
export const allOption = {
  all: {
    type: 'flag',
    describe: 'every union of the kernel, of fstab and of the configuration file',
    group: 'Union:',
  },
} as const satisfies Options;

/** For commands that change something. */
export const writeOptions = {
  'dry-run': { type: 'flag', alias: 'n', describe: 'print the plan, change nothing' },
  wait: {
    type: 'optional',
    value: 'SECONDS',
    describe: 'wait for another maintenance to end, at most that long [default: do not wait]',
  },
} as const satisfies Options;
