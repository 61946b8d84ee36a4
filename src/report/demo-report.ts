import type { Line, Page, Report } from './report.js';

/** What one name showed. */
export interface DemoLook {
  readonly name: string;
  readonly inode: string;
  readonly firstLine: string;
}

/** What happened on the demo's stage, act by act. */
export interface DemoStory {
  readonly made: string;
  /** Why it was not a real mount. */
  readonly reason: string | undefined;
  readonly whileMounted: readonly DemoLook[] | undefined;
  readonly lookedAt: string;
  readonly broken: readonly DemoLook[];
  readonly commandLine: string;
  readonly flush: Report;
  readonly whole: readonly DemoLook[];
}

/** Tells the demo as a story. */
export function demoReport(story: DemoStory): Report {
  const whole = isWhole(story.whole);
  return {
    exitCode: whole ? story.flush.exitCode : 8,
    text: (page) => tell(story, whole, page),
    json: () => ({
      stage: story.made,
      reason: story.reason ?? null,
      broken: story.broken.map((look) => ({ ...look })),
      flush: story.flush.json(),
      whole: story.whole.map((look) => ({ ...look })),
    }),
  };
}

/** One inode, one content. */
function isWhole(looks: readonly DemoLook[]): boolean {
  return looks.every(
    ({ inode, firstLine }) => inode === looks[0]?.inode && firstLine === looks[0]?.firstLine,
  );
}

function tell(story: DemoStory, whole: boolean, page: Page): Line[] {
  const { style } = page;
  const say = (text: string): Line => ({ level: 'info', text });
  const act = (text: string): Line[] => [say(''), say(style.bold(style.cyan(text)))];
  const count = story.broken.length;
  return [
    say(`One file with ${count} names, on ${story.made}.`),
    ...(story.reason === undefined ? [] : [say(style.dim(`(Not a real mount, because ${story.reason}.)`))]),
    ...(story.whileMounted === undefined
      ? act(`Somebody wrote to ${story.broken[0]?.name} while it was mounted: only that name was copied up.`)
      : [
          ...act(
            `Somebody writes to ${story.broken[0]?.name}. While mounted, the index holds the names together:`,
          ),
          ...table(story.whileMounted, page),
        ]),
    ...act(`${story.lookedAt}, they fall apart:`),
    ...table(story.broken, page),
    ...act(`$ ${story.commandLine}`),
    ...indent(story.flush.text({ ...page, verbosity: 'normal' }).slice(3)),
    ...act('Seen the same way again:'),
    ...table(story.whole, page),
    say(''),
    say(
      whole
        ? style.green('✓ One file again, without any index. Nothing is left of this demo.')
        : style.red('✗ The names are still apart. This should not have happened: please report it.'),
    ),
  ];
}

function indent(lines: readonly Line[]): Line[] {
  return lines.map((line) => ({ ...line, text: line.text === '' ? '' : `  ${line.text}` }));
}

function table(looks: readonly DemoLook[], { style }: Page): Line[] {
  const nameWidth = Math.max(...looks.map(({ name }) => name.length));
  const inodeWidth = Math.max(...looks.map(({ inode }) => inode.length));
  const [written] = looks;
  return looks.map(({ name, inode, firstLine }) => {
    const same = firstLine === written?.firstLine;
    const mark = same ? style.green('✓') : style.red('✗');
    const text = same ? firstLine : style.red(firstLine);
    return {
      level: 'info',
      text: `  ${mark} ${name.padEnd(nameWidth)}  inode ${inode.padStart(inodeWidth)}  ${text}`,
    };
  });
}
