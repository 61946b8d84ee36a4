import { linkSync, mkdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { type Call, interpose } from '../../src/sys/seam.js';
import { kernelRoot } from './kernel-root.js';
import { type Make, makeTwin, type SpecialKind } from './make-twin.js';

export const SI = 'efd9ca27c86f0651';

/** What this process did with the maintenance mode and, while it was on, with the mount. */
export interface Story {
  /** Each in order: `open`, `si=…`, `link PATH`, `sync`, `clean`, `unlink NAME`, `close`. */
  readonly events: string[];
  /** Whether the mode is on at this moment. */
  on: boolean;
}

/**
 * A mounted aufs for a machine without aufs: a directory stands for the mount, each group in it a set of hardlinks
 * whose inode number is the N of the pseudo-link, and an interposer links a name on the branch when the program
 * touches it, as the kernel does.
 */
export class AufsStandIn {
  readonly mount: string;
  readonly upper: string;
  readonly lower: string;
  readonly kernel: Bytes;
  readonly story: Story = { events: [], on: false };
  /** Called before each link that the kernel makes; a number it returns is the call's result. */
  onTouch: (path: string) => number | undefined = () => undefined;
  /** May answer any call in the kernel's place. */
  onCall: (call: Call) => number | undefined = () => undefined;
  /** Called when the mode has just been entered. */
  onEnter: () => void = () => {};
  readonly #live = new Map<number, string>();
  #maint: number | undefined;

  constructor(
    readonly root: string,
    options: { readonly superOptions?: string; readonly plinkDirectory?: boolean } = {},
  ) {
    this.mount = join(root, 'mount');
    this.upper = join(root, 'upper');
    this.lower = join(root, 'lower');
    for (const directory of [this.mount, this.upper, this.lower]) mkdirSync(directory, { recursive: true });
    if (options.plinkDirectory !== false) mkdirSync(join(this.upper, '.wh..wh.plnk'), { mode: 0o700 });
    this.kernel = kernelRoot(join(root, 'kernel'), {
      mounts: [`40 25 0:40 / ${this.mount} rw,relatime - aufs none ${options.superOptions ?? 'rw'},si=${SI}`],
      files: {
        [`sys/fs/aufs/si_${SI}/br0`]: `${this.upper}=rw\n`,
        [`sys/fs/aufs/si_${SI}/br1`]: `${this.lower}=ro\n`,
        'proc/fs/aufs/plink_maint': '',
      },
    });
  }

  get maintFile(): string {
    return join(this.root, 'kernel/proc/fs/aufs/plink_maint');
  }

  /** A file that aufs shows, with no name on the upper branch. */
  lowerFile(names: readonly string[], text: string): void {
    this.#names(this.lower, names, makeTwin.file(text));
    this.#names(this.mount, names, makeTwin.file(text));
    this.#sameAttributes(names, this.lower);
  }

  /**
   * A group that was written to: `names` show `text`; those in `linked` are on the upper branch already.
   *
   * @param live - false for a leftover of an earlier mount, which this kernel does not know
   * @returns the entry's name
   */
  group(names: readonly string[], linked: readonly string[], text: string, live = true): string {
    this.#names(this.lower, names, makeTwin.file('old\n'));
    return this.#group(names, linked, makeTwin.file(text), live);
  }

  /** A group of special files, its first name linked already. */
  special(kind: SpecialKind, names: readonly string[]): string {
    this.#names(this.lower, names, makeTwin.special(kind));
    return this.#group(names, names.slice(0, 1), makeTwin.special(kind), true);
  }

  #group(names: readonly string[], linked: readonly string[], make: Make, live: boolean): string {
    this.#names(this.mount, names, make);
    const entry = this.#entry(this.#number(names), linked, make, live);
    if (live) this.#sameAttributes(names, this.upper, join('.wh..wh.plnk', entry));
    return entry;
  }

  /** A pseudo-link with any number. */
  entry(number: number, linked: readonly string[], text: string): string {
    return this.#entry(number, linked, makeTwin.file(text), false);
  }

  #entry(number: number, linked: readonly string[], make: Make, live: boolean): string {
    const plinks = join(this.upper, '.wh..wh.plnk');
    const made = join(plinks, 'made');
    make(made);
    const name = `${number}.${makeTwin.inode(made)}`;
    linkSync(made, join(plinks, name));
    for (const path of linked) {
      mkdirSync(dirname(join(this.upper, path)), { recursive: true });
      linkSync(made, join(this.upper, path));
    }
    makeTwin.remove(made);
    if (live) this.#live.set(number, name);
    return name;
  }

  /** An empty lower file that no pseudo-link stands for: the mount shows the very inode. */
  emptyLowerFile(name: string): void {
    makeTwin.file('')(join(this.lower, name));
    linkSync(join(this.lower, name), join(this.mount, name));
  }

  /** Gives what the mount shows at `name` the attributes of an entry. */
  likeEntry(entry: string, name: string): void {
    makeTwin.attributes(join(this.upper, '.wh..wh.plnk', entry), join(this.mount, name));
  }

  number(name: string): number {
    return makeTwin.inode(join(this.mount, name));
  }

  /** Runs `body` with this kernel under the program's system calls. */
  async during<T>(body: () => Promise<T>): Promise<T> {
    interpose((call, proceed) => this.#call(call, proceed));
    // Stands for every other thread and process: whoever comes along while the mode is on gets EAGAIN.
    const others = setInterval(() => this.story.on && this.story.events.push('EAGAIN for others'), 1);
    try {
      return await body();
    } finally {
      clearInterval(others);
      interpose(undefined);
    }
  }

  #call(call: Call, proceed: () => number): number {
    const { name, fd, path } = call;
    const answer = this.onCall(call);
    if (answer !== undefined) return answer;
    const { events } = this.story;
    if (name === 'openat' && path === bytesFromText(this.maintFile)) {
      events.push('open');
      this.#maint = proceed();
      return this.#maint;
    }
    if (name === 'write' && fd === this.#maint) return this.#said(proceed);
    if (name === 'close' && fd === this.#maint) {
      events.push('close');
      this.story.on = false;
      this.#maint = undefined;
    }
    if (name === 'pread' || name === 'utimensat') {
      const touched = this.#touch(fd, path);
      if (touched !== undefined && touched < 0) return touched;
    }
    if (name === 'unlinkat' && this.story.on) events.push(`unlink ${path}`);
    if (name === 'syncfs' && this.story.on) events.push('sync');
    return proceed();
  }

  #said(proceed: () => number): number {
    const size = statSync(this.maintFile).size;
    const result = proceed();
    if (result < 0) return result;
    this.story.events.push(makeTwin.textFrom(this.maintFile, size));
    if (!this.story.on) {
      this.story.on = true;
      this.onEnter();
    }
    return result;
  }

  #touch(fd: number, name: string): number | undefined {
    // AT_FDCWD: not the program's.
    if (fd < 0) return undefined;
    const at = readlinkSync(`/proc/self/fd/${fd}`);
    const path = relative(this.mount, name === '' ? at : join(at, name));
    if (path.startsWith('..')) return undefined;
    const refused = this.onTouch(path);
    if (refused !== undefined) return refused;
    const entry = this.#live.get(this.number(path));
    this.story.events.push(`touch ${path}`);
    if (entry === undefined || makeTwin.exists(join(this.upper, path))) return undefined;
    mkdirSync(dirname(join(this.upper, path)), { recursive: true });
    linkSync(join(this.upper, '.wh..wh.plnk', entry), join(this.upper, path));
    return undefined;
  }

  #number(names: readonly string[]): number {
    return this.number(names[0] ?? '');
  }

  #names(root: string, names: readonly string[], make: Make): void {
    const [first = '', ...others] = names;
    for (const name of names) mkdirSync(dirname(join(root, name)), { recursive: true });
    make(join(root, first));
    for (const name of others) linkSync(join(root, first), join(root, name));
  }

  #sameAttributes(names: readonly string[], root: string, model = names[0] ?? ''): void {
    makeTwin.attributes(join(root, model), join(this.mount, names[0] ?? ''));
  }
}
