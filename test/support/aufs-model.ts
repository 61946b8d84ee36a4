import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type Bytes, baseOf, joinBytes, parentOf } from '../../src/sys/bytes.js';
import { aufsUnion } from './aufs-place.js';
import { type AufsName, aufsView } from './aufs-view.js';
import type { Place } from './place.js';

/** A file as the users of the mount know it, whatever branches and names it is on. */
export interface ModelFile {
  /** Names that show it, in no order. */
  readonly names: Set<Bytes>;
  content: string;
  /** Bytes it had before this session. */
  readonly madeWith: number;
  mode: number;
  /** Inode on the writable branch, once it was copied up. */
  upper: bigint | undefined;
  /** It was put over a name that a lower branch has, by a link or a rename. */
  displacing: boolean;
  /** A name of it was removed or renamed, or one was added. */
  reshaped: boolean;
  /** It was written anew from its start. */
  rewritten: boolean;
}

type Change = (path: Buffer) => void;

/**
 * What an aufs with one writable branch does to its branches, as measured on a 6.1 kernel: copies up on the first
 * change with a pseudo-link, whites out what it removes. Knows at every time what its users see.
 */
export class AufsModel {
  readonly files = new Map<Bytes, ModelFile>();
  readonly directories = new Set<Bytes>();
  readonly #numbers = new Map<ModelFile, number>();
  readonly #lower: ReadonlyMap<Bytes, AufsName>;

  /** @param lowers - read-only branches, the topmost first */
  constructor(
    readonly upper: Place,
    readonly lowers: readonly Place[],
  ) {
    this.#lower = aufsView(aufsUnion(...lowers.map(({ root }) => `${root}=ro`)));
    const byFile = new Map<string, ModelFile>();
    for (const [path, { kind, file, branch, mode }] of this.#lower) {
      if (kind === 'directory') {
        this.directories.add(path);
        continue;
      }
      const content = readFileSync((lowers[branch] as Place).at(path), 'latin1');
      const known = byFile.get(file) ?? {
        names: new Set(),
        content,
        madeWith: content.length,
        mode: Number.parseInt(mode, 8),
        upper: undefined,
        displacing: false,
        reshaped: false,
        rewritten: false,
      };
      byFile.set(file, known);
      known.names.add(path);
      this.files.set(path, known);
    }
    for (const name of ['.wh..wh.plnk', '.wh..wh.orph']) mkdirSync(upper.at(name as Bytes), { mode: 0o700 });
    writeFileSync(upper.at(BASE), '', { mode: 0o444 });
  }

  /**
   * A crash and a mount: every pseudo-link is forgotten, and groups that were not linked for real fall apart.
   *
   * @returns what the names showed before
   */
  remount(): ReadonlyMap<Bytes, ModelFile> {
    const before = new Map(
      [...this.files].map(([path, file]) => [path, { ...file, names: new Set(file.names) }]),
    );
    const view = aufsView(aufsUnion(`${this.upper.root}=rw`, ...this.lowers.map(({ root }) => `${root}=ro`)));
    const now = new Map<string, ModelFile>();
    for (const [path, { kind, file, branch, inode }] of view) {
      if (kind === 'directory') continue;
      const was = this.#file(path);
      const place = [this.upper, ...this.lowers][branch] as Place;
      const content = readFileSync(place.at(path), 'latin1');
      const upper = branch === 0 ? BigInt(inode.slice(inode.indexOf(':') + 1)) : undefined;
      const mode = lstatSync(place.at(path)).mode & 0o7777;
      const known = now.get(file) ?? { ...was, names: new Set(), content, mode, upper };
      now.set(file, known);
      known.names.add(path);
      this.files.set(path, known);
    }
    this.#numbers.clear();
    return before;
  }

  append(path: Bytes, text: string): void {
    this.#write(path, (at) => writeFileSync(at, text, { flag: 'a', encoding: 'latin1' }));
  }

  /** Writes over the first third of what the file was made with; the size stays. */
  overwrite(path: Bytes, text: string): void {
    const part = text.slice(0, this.#file(path).madeWith / 3);
    this.#write(path, (at) => {
      const fd = openSync(at, 'r+');
      writeSync(fd, Buffer.from(part, 'latin1'), 0, part.length, 0);
      closeSync(fd);
    });
  }

  rewrite(path: Bytes, text: string): void {
    this.#file(path).rewritten = true;
    this.#write(path, (at) => writeFileSync(at, text, 'latin1'));
  }

  chmod(path: Bytes, mode: number): void {
    this.#change(path, (at) => chmodSync(at, mode));
    this.#file(path).mode = mode;
  }

  create(path: Bytes, content: string): void {
    this.#parents(path);
    this.#unwhite(path);
    writeFileSync(this.upper.at(path), content, { encoding: 'latin1', mode: 0o644 });
    this.files.set(path, {
      names: new Set([path]),
      content,
      madeWith: content.length,
      mode: 0o644,
      upper: this.#inode(path),
      displacing: false,
      reshaped: true,
      rewritten: false,
    });
  }

  unlink(path: Bytes): void {
    const file = this.#file(path);
    file.reshaped = true;
    if (existsSync(this.upper.at(path))) unlinkSync(this.upper.at(path));
    this.#white(path);
    this.#forget(path);
  }

  link(from: Bytes, to: Bytes): void {
    const file = this.#file(from);
    file.reshaped = true;
    file.displacing ||= this.#lower.has(to);
    this.#parents(to);
    this.#unwhite(to);
    if (file.upper === undefined) this.#copyUp(from, to, true);
    else linkSync(this.#anyUpper(file), this.upper.at(to));
    file.names.add(to);
    this.files.set(to, file);
  }

  rename(from: Bytes, to: Bytes): void {
    const file = this.#file(from);
    file.reshaped = true;
    file.displacing ||= this.#lower.has(to);
    const replaced = this.files.get(to);
    if (replaced === file) return;
    this.#real(from);
    this.#parents(to);
    if (replaced !== undefined) {
      replaced.reshaped = true;
      this.#forget(to);
    }
    this.#unwhite(to);
    renameSync(this.upper.at(from), this.upper.at(to));
    this.#white(from);
    this.#forget(from);
    file.names.add(to);
    this.files.set(to, file);
  }

  mkdir(path: Bytes): void {
    this.#parents(path);
    const whited = existsSync(this.upper.at(whiteout(path)));
    this.#unwhite(path);
    mkdirSync(this.upper.at(path));
    if (whited) linkSync(this.upper.at(BASE), this.upper.at(joinBytes(path, '.wh..wh..opq' as Bytes)));
    this.directories.add(path);
  }

  /** Removes a directory and all that is in it, as `rm -r` does. */
  remove(path: Bytes): void {
    const inside = (each: Bytes): boolean => each.startsWith(`${path}/`);
    for (const each of [...this.files.keys()].filter(inside)) this.unlink(each);
    for (const each of [...this.directories].filter(inside).sort().reverse()) this.#rmdir(each);
    this.#rmdir(path);
  }

  #rmdir(path: Bytes): void {
    const at = this.upper.at(path);
    if (existsSync(at)) {
      for (const name of this.#whiteoutsIn(path)) unlinkSync(this.upper.at(joinBytes(path, name)));
      rmdirSync(at);
    }
    this.#white(path);
    this.directories.delete(path);
  }

  #whiteoutsIn(path: Bytes): Bytes[] {
    const upper = readdirSync(this.upper.at(path), 'latin1') as Bytes[];
    if (upper.some((name) => !name.startsWith('.wh.'))) throw new Error(`/${path} is not empty`);
    return upper;
  }

  #file(path: Bytes): ModelFile {
    const file = this.files.get(path);
    if (file === undefined) throw new Error(`the model has no /${path}`);
    return file;
  }

  #write(path: Bytes, change: Change): void {
    this.#change(path, change);
    // Nothing was there that could still tell of it.
    if (this.#file(path).content === '') this.#file(path).rewritten = true;
    this.#file(path).content = readFileSync(this.upper.at(path), 'latin1');
  }

  #change(path: Bytes, change: Change): void {
    this.#real(path);
    change(this.upper.at(path));
  }

  /** Copies a name up, or links it to the copy that there is. */
  #real(path: Bytes): void {
    const file = this.#file(path);
    if (existsSync(this.upper.at(path))) return;
    this.#parents(path);
    if (file.upper === undefined) this.#copyUp(path, path, this.#source(path).nlink !== '1');
    else linkSync(this.#anyUpper(file), this.upper.at(path));
  }

  #source(path: Bytes): AufsName {
    const source = this.#lower.get(path);
    if (source === undefined) throw new Error(`no lower branch has /${path}`);
    return source;
  }

  #copyUp(from: Bytes, to: Bytes, plink: boolean): void {
    const { branch, atime, mtime } = this.#source(from);
    const file = this.#file(from);
    writeFileSync(this.upper.at(to), readFileSync((this.lowers[branch] as Place).at(from)));
    chmodSync(this.upper.at(to), file.mode);
    this.upper.setTimes(to, BigInt(atime), BigInt(mtime));
    file.upper = this.#inode(to);
    if (!plink) return;
    const number = 11 + this.#numbers.size;
    this.#numbers.set(file, number);
    linkSync(this.upper.at(to), this.upper.at(`.wh..wh.plnk/${number}.${file.upper}` as Bytes));
  }

  #anyUpper(file: ModelFile): Buffer {
    const number = this.#numbers.get(file);
    if (number !== undefined) return this.upper.at(`.wh..wh.plnk/${number}.${file.upper}` as Bytes);
    const name = [...file.names].find((each) => existsSync(this.upper.at(each)));
    return this.upper.at(name as Bytes);
  }

  #parents(path: Bytes): void {
    const parent = parentOf(path);
    if (parent === '' || existsSync(this.upper.at(parent))) return;
    this.#parents(parent);
    const { mode, atime, mtime } = this.#source(parent);
    mkdirSync(this.upper.at(parent));
    chmodSync(this.upper.at(parent), Number.parseInt(mode, 8));
    this.upper.setTimes(parent, BigInt(atime), BigInt(mtime));
  }

  #inode(path: Bytes): bigint {
    return lstatSync(this.upper.at(path), { bigint: true }).ino;
  }

  #forget(path: Bytes): void {
    this.files.get(path)?.names.delete(path);
    this.files.delete(path);
  }

  #white(path: Bytes): void {
    if (!this.#lowerShows(path)) return;
    this.#parents(path);
    linkSync(this.upper.at(BASE), this.upper.at(whiteout(path)));
  }

  #unwhite(path: Bytes): void {
    if (existsSync(this.upper.at(whiteout(path)))) unlinkSync(this.upper.at(whiteout(path)));
  }

  /** Whether a lower branch would show a name if the upper one did not hide it by a whiteout of its own. */
  #lowerShows(path: Bytes): boolean {
    if (!this.#lower.has(path)) return false;
    for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
      if (existsSync(this.upper.at(joinBytes(at, '.wh..wh..opq' as Bytes)))) return false;
    }
    return true;
  }
}

const BASE = '.wh..wh.aufs' as Bytes;

const whiteout = (path: Bytes): Bytes => joinBytes(parentOf(path), `.wh.${baseOf(path)}` as Bytes);
