import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { resolveTarget } from '../../src/union/target.js';
import { describeIncidents } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { overlayPlace, whileMounted } from '../support/overlay-place.js';

const onOff = ['on', 'off', 'yes', '1', 'ON', 'maybe'].flatMap((value) =>
  ['index', 'nfs_export', 'metacopy'].map((key) => `${key}=${value}`),
);
const options = [
  ...onOff,
  ...['on', 'off', 'follow', 'nofollow', 'maybe'].map((value) => `redirect_dir=${value}`),
  ...['on', 'off', 'auto', 'maybe'].map((value) => `xino=${value}`),
  ...['on', 'off', 'null', 'auto', 'maybe'].map((value) => `uuid=${value}`),
  ...['on', 'off', 'require', 'maybe'].map((value) => `verity=${value}`),
  ...['metacopy', 'index=', 'volatile', 'volatile=on', 'userxattr', 'userxattr=off', 'default_permissions'],
];

// Linux 6.6 has them, an older one refuses them.
const newer = /^(uuid=(null|auto|on)|verity=(on|off|require))$/;

describeIncidents('values of mount options', ['ext4'], (directory) => {
  test('what the kernel refuses is refused in one line, and what it takes is taken', () => {
    const root = directory();
    const told = options.map((option, i) => {
      const place = overlayPlace(join(root, `${i}`));
      mkdirSync(join(place.work, 'work'));
      return [
        option,
        taken(() => whileMounted(place, [option], () => undefined)),
        ...refusals(place, option),
      ];
    });
    const wrong = told.filter(([option, mounts, ...refused]) => {
      const known = refused.every((line) => line === '');
      return mounts === true ? !known : known && !newer.test(`${option}`);
    });
    expect(wrong).toEqual([]);
    expect(told.find(([option]) => option === 'metacopy=maybe')).toEqual([
      'metacopy=maybe',
      false,
      'usage: the mount option metacopy takes one of on, off, not maybe',
      'usage: the mount option metacopy takes one of on, off, not maybe',
    ]);
    expect(told.find(([option]) => option === 'volatile=on')?.at(-1)).toBe(
      'usage: the mount option volatile takes no value: volatile=on',
    );
  });
});

/** By `-o` alone, and by `-o` beside the branches. */
function refusals(place: ReturnType<typeof overlayPlace>, option: string): string[] {
  const whole = bytesFromText(overlayOptions({ ...place, options: [option] }));
  const [upper, lower, work] = [place.upper, place.lowers[0] ?? '', place.work].map(bytesFromText);
  return [
    refusal(() => resolveTarget({ options: [whole] })),
    refusal(() => resolveTarget({ upper, lowers: [lower as Bytes], work, options: [option as Bytes] })),
  ];
}

function taken(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function refusal(act: () => void): string {
  try {
    act();
    return '';
  } catch (error) {
    const { kind, message } = error as { readonly kind: string; readonly message: string };
    return `${kind}: ${message}`;
  }
}
