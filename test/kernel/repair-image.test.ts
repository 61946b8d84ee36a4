import { createHash } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { keepingBytesOf, runRepair, troubles } from '../support/repair-run.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const fixture = fileURLToPath(new URL('../../fixtures/aufs/f', import.meta.url));

interface Shown {
  readonly path: string;
  readonly type: string;
  readonly ino: number;
  readonly sha256?: string;
}

describeKernel(
  'a crashed aufs, with an image from before its journal was replayed',
  ['root', 'loop', 'ext4'],
  () => {
    const images: LoopImage[] = [];
    let temp: TempDir;
    let raw: string;
    let upper: string;
    let lower: string;
    beforeEach(() => {
      temp = tempDir('image');
      raw = join(temp.path, 'raw');
      command('bash', '-c', 'gunzip -c "$1" > "$2"', 'bash', join(fixture, 'upper-crash-raw.img.gz'), raw);
      const open = (name: string): string => {
        const image = openLoopImage(join(fixture, `${name}.img.gz`));
        images.push(image);
        return image.mountpoint;
      };
      [upper, lower] = [open('upper-before'), open('lower')];
    });
    afterEach(() => {
      for (const image of images.splice(0)) image.dispose();
      temp.dispose();
    });

    const words = (): string[] => ['-o', `br:${upper}=rw:${lower}=ro`];

    test('every name that the union showed before the crash is back', async () => {
      const rescue = join(temp.path, 'rescue');
      const before = await runRepair(['check', ...words()]);
      expect(troubles(before)).toContain('ambiguous');
      const done = await keepingBytesOf([upper], [lower], rescue, () =>
        runRepair(['repair', '-y', '--image', raw, ...words()]),
      );
      expect(done.repairs.filter((each) => each.code === 'mapped' && !each.done)).toEqual([]);
      const right = JSON.parse(readFileSync(join(fixture, 'merged-before-crash.json'), 'utf8')) as Shown[];
      const wrong = right.filter(({ path, type, sha256 }) => {
        if (type !== 'file' && sha256 === undefined) return false;
        return sha256 !== digest(path);
      });
      expect(wrong.map(({ path }) => path)).toEqual([]);
      // Every name of this one was removed before the crash.
      expect(readdirSync(join(upper, '.wh..wh.plnk'))).toEqual(['13.21']);
    });

    const digest = (path: string): string | undefined => {
      for (const root of [upper, lower]) {
        try {
          return createHash('sha256')
            .update(readFileSync(join(root, path)))
            .digest('hex');
        } catch {
          // Not in this branch.
        }
      }
      return undefined;
    };

    test('an image that was mounted since tells nothing, and says so', async () => {
      const replayed = images[0]?.image as string;
      const done = await runRepair(['repair', '-y', '--image', replayed, ...words()]);
      expect(done).toMatchObject({ error: { code: 'no-tables' }, exitCode: 8 });
    });

    test('a number of another mount is not believed', async () => {
      const plink = join(upper, '.wh..wh.plnk');
      const entry = readdirSync(plink).find((name) => name.startsWith('11.')) as string;
      linkSync(join(plink, entry), join(plink, `77.${statSync(join(plink, entry)).ino}`));
      unlinkSync(join(plink, entry));
      const done = await runRepair(['repair', '--dry-run', '--image', raw, ...words()]);
      const mapped = done.repairs.filter(({ code }) => code === 'mapped').map(({ path }) => path);
      expect(mapped.length).toBeGreaterThan(0);
      expect(mapped.filter((path) => path.startsWith('77.'))).toEqual([]);
    });
  },
);
