import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, joinBytes, parentOf } from '../../src/sys/bytes.js';
import { AufsModel, type ModelFile } from './aufs-model.js';
import { Place } from './place.js';
import type { Random } from './random.js';

const directories = ['', 'd', 'd/e', 'g'] as Bytes[];
const modes = [0o644, 0o644, 0o600, 0o755];
const EPOCH = 1_000_000_000n * 1_000_000_000n;

/** A random small aufs after a random session, and what was done to it. */
export interface RandomAufs {
  readonly model: AufsModel;
  /** What names showed when an earlier session crashed; undefined if there was none. */
  readonly crashed: ReadonlyMap<Bytes, ModelFile> | undefined;
  readonly story: readonly string[];
}

/** Builds lower branches and works on them through the model. Everything is below `root`. */
export function buildRandomAufs(random: Random, root: string): RandomAufs {
  const story: string[] = [];
  const lowers = random.chance(35) ? ['top', 'bottom'] : ['lower'];
  for (const name of lowers) fillLower(random, new Place(join(root, name)), name);
  mkdirSync(join(root, 'upper'));
  const model = new AufsModel(
    new Place(join(root, 'upper')),
    lowers.map((name) => new Place(join(root, name))),
  );
  const session = (): void => {
    for (let left = random.between(1, 14); left > 0; left--) act(random, model, story);
  };
  session();
  if (!random.chance(25)) return { model, crashed: undefined, story };
  const crashed = model.remount();
  story.push('crash and mount');
  session();
  return { model, crashed, story };
}

function fillLower(random: Random, lower: Place, label: string): void {
  mkdirSync(lower.root);
  for (const path of directories.slice(1)) mkdirSync(lower.at(path));
  // Images built from packages have whole seconds, often the same for every file.
  const sameTimes = random.chance(30);
  const free = directories.flatMap((directory) =>
    Array.from({ length: 6 }, (_, i) => joinBytes(directory, `f${i}` as Bytes)),
  );
  const take = (): Bytes => free.splice(random.below(free.length), 1)[0] as Bytes;
  for (let group = random.between(2, 5); group > 0; group--) {
    const first = take();
    writeFileSync(lower.at(first), words(random, `${label} ${group} `), 'latin1');
    chmodSync(lower.at(first), random.pick(modes));
    const mtime = sameTimes ? EPOCH : EPOCH + BigInt(random.below(1_000_000_000));
    lower.setTimes(first, mtime, mtime);
    for (let more = random.below(4); more > 0; more--) linkSync(lower.at(first), lower.at(take()));
  }
}

/** Text that no other file has, now and then none at all. */
function words(random: Random, label: string): string {
  if (random.chance(8)) return '';
  const line = (): string =>
    `${Array.from({ length: random.between(6, 40) }, () => String.fromCharCode(random.between(97, 122))).join('')} ${label}\n`;
  return Array.from({ length: random.between(1, random.chance(10) ? 200 : 4) }, line).join('');
}

function act(random: Random, model: AufsModel, story: string[]): void {
  const paths = [...model.files.keys()].sort();
  const path = paths.length > 0 ? random.pick(paths) : undefined;
  const target = freeOrTaken(random, model);
  const tell = (text: string): void => void story.push(text);
  if (path === undefined) return;
  const file = model.files.get(path);
  switch (
    random.pick([
      'append',
      'overwrite',
      'rewrite',
      'chmod',
      'unlink',
      'link',
      'replace',
      'rename',
      'create',
      'remove',
      'mkdir',
    ])
  ) {
    case 'append':
      if (file?.displacing && file.content === '') return;
      tell(`append ${path}`);
      model.append(path, words(random, 'appended'));
      return;
    case 'overwrite':
      if (file?.madeWith === 0) return;
      tell(`overwrite ${path}`);
      model.overwrite(path, words(random, 'over'));
      return;
    case 'rewrite':
      // A file that was put over another's name and then written anew tells nothing of where it came from.
      if (file?.displacing !== false) return;
      tell(`rewrite ${path}`);
      model.rewrite(path, words(random, 'anew'));
      return;
    case 'chmod': {
      const mode = random.pick(modes);
      tell(`chmod ${mode.toString(8)} ${path}`);
      model.chmod(path, mode);
      return;
    }
    case 'unlink':
      tell(`unlink ${path}`);
      model.unlink(path);
      return;
    case 'link':
    case 'replace': {
      if (target === undefined || target === path || file?.rewritten !== false) return;
      // Nor does an empty one, among others of the same time.
      if (file.content === '' && model.files.has(target)) return;
      if (model.files.has(target)) {
        tell(`unlink ${target}`);
        model.unlink(target);
      }
      tell(`link ${path} ${target}`);
      model.link(path, target);
      return;
    }
    case 'rename':
      if (target === undefined || target === path || file?.rewritten !== false) return;
      tell(`rename ${path} ${target}`);
      model.rename(path, target);
      return;
    case 'create':
      if (target === undefined || model.files.has(target)) return;
      tell(`create ${target}`);
      model.create(target, words(random, 'created'));
      return;
    case 'remove': {
      const directory = random.pick(directories.slice(1));
      if (!model.directories.has(directory) || !random.chance(30)) return;
      tell(`remove ${directory}`);
      model.remove(directory);
      return;
    }
    case 'mkdir': {
      const directory = random.pick(directories.slice(1));
      if (model.directories.has(directory) || !hasParent(model, directory)) return;
      tell(`mkdir ${directory}`);
      model.mkdir(directory);
      return;
    }
  }
}

function freeOrTaken(random: Random, model: AufsModel): Bytes | undefined {
  const path = joinBytes(
    random.pick(directories),
    `${random.pick(['f', 'f', 'new'])}${random.below(6)}` as Bytes,
  );
  return hasParent(model, path) ? path : undefined;
}

const hasParent = (model: AufsModel, path: Bytes): boolean =>
  parentOf(path) === '' || model.directories.has(parentOf(path));
