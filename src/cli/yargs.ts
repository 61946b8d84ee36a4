import type { Argv, Options as YargsOption } from 'yargs';
import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { noWorkingDirectory } from '../union/working-directory.js';
import type { Command } from './command.js';
import { completionScript, shellOf } from './completion/completion-script.js';
import { shells } from './completion/completion-table.js';
import { diagnose } from './diagnose.js';
import { exitMeanings } from './exit-code.js';
import { emptyOptional, normalise } from './normalise.js';
import type { Option, Options } from './option.js';
import type { ParsedLine, RawValue } from './parsed-line.js';
import { personalities } from './personality-of.js';
import { refusal } from './yargs-refusal.js';

/** Help or a completion to print, or a line for the lean parser's follow-up. */
export type YargsAnswer = { readonly output: string } | ParsedLine;

export interface YargsSettings {
  readonly version: string;
  /** Columns of the terminal. */
  readonly columns: number;
  /** The user's login shell, a path. */
  readonly shell?: string | undefined;
}

/**
 * Lets yargs read a command line: help, completion, what is wrong with it, and every form that the lean parser
 * leaves alone.
 *
 * @throws Problem `usage`, with the nearest known word where a command or an option is misspelt
 */
export async function askYargs(
  commands: readonly Command<Options>[],
  argv: readonly Bytes[],
  settings: YargsSettings,
): Promise<YargsAnswer> {
  const everyOption: Options = Object.assign({}, ...commands.map((command) => command.options));
  const empty = emptyOptional(argv, everyOption);
  if (empty !== undefined) throw new Problem('usage', 'bad-command-line', `--${empty}= needs a value`);
  const words = normalise(argv, everyOption);
  const end = words.indexOf('--' as Bytes);
  // yargs would lose it without a word.
  if (words.slice(0, end < 0 ? undefined : end).includes('-' as Bytes)) {
    throw new Problem('usage', 'bad-command-line', 'a lone - means nothing here');
  }
  // What yargs would make something of that nobody meant.
  const wrong = asksForText(words) ? undefined : diagnose(commands, words);
  if (wrong !== undefined) throw wrong;
  const group = groupOf(commands, words);
  const own = group === undefined ? words : words.slice(1);
  const { default: yargs } = await loadYargs();
  let answer: ParsedLine | undefined;
  let output = '';
  let script = '';
  const parser = yargs(own)
    .scriptName(group === undefined ? 'plinkctl' : `plinkctl ${group}`)
    .usage('$0 COMMAND [OPTION]… [UNION]')
    .parserConfiguration({
      'boolean-negation': true,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
    })
    .detectLocale(false)
    .exitProcess(false)
    .fail((message, error) => {
      // Usage errors come as a message, some with a YError; anything else is a fault of this program.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw refusal(message, commands, words);
    })
    .help('help')
    .alias('help', 'h')
    .version(settings.version)
    .wrap(Math.min(100, settings.columns))
    .strict()
    .epilog('plinkctl COMMAND --help tells more about a command.');
  for (const command of commands.filter((each) => inGroup(each, group))) {
    addCommand(parser, command, group, (line) => {
      answer = line;
    });
  }
  if (group === undefined) {
    addCompletion(parser, settings.shell, (text) => {
      script = text;
    });
    addOthers(parser);
  }
  parser.demandCommand(1, 'no command is given');
  refuseHelpOfNothing(commands, words);
  await parser.parseAsync(own, {}, (_error, _argv, text) => {
    output = text;
  });
  if (answer !== undefined) return answer;
  if (script !== '') return { output: script };
  return { output: output === '' ? '' : `${output.replaceAll('..]', ']  ')}\n` };
}

/** Words that come here for their help alone. */
function addOthers(parser: Argv): void {
  const names = Object.keys(personalities);
  parser.command('as NAME [ARGUMENT..]', 'run as another program', (builder) =>
    builder
      .usage('$0 as NAME [ARGUMENT]…')
      .positional('NAME', { choices: names, describe: 'whose arguments and exit codes it has' })
      .example('$0 as umount.overlay /mnt/union', 'unmount, then flush the index')
      .epilog(`Called by one of these names, as by a symlink, it does the same: ${names.join(', ')}.`),
  );
  parser.command('help [COMMAND]', 'show the help of a command');
}

function addCompletion(parser: Argv, shell: string | undefined, take: (script: string) => void): void {
  parser.command(
    'completion [SHELL]',
    'print a completion script for bash, zsh or fish',
    (builder) =>
      builder
        .usage('$0 completion [SHELL]')
        .positional('SHELL', { choices: shells, describe: 'for this shell [default: that of $SHELL]' })
        .example('source <($0 completion bash)', 'in ~/.bashrc; likewise for zsh in ~/.zshrc')
        .example('$0 completion fish | source', 'in ~/.config/fish/config.fish')
        .epilog('The packages install these files for every user.'),
    ({ SHELL }) => take(completionScript(SHELL ?? shellOf(shell))),
  );
}

async function loadYargs(): Promise<typeof import('yargs')> {
  try {
    return await import('yargs');
  } catch (error) {
    // It asks for the working directory as it is loaded.
    throw (error as NodeJS.ErrnoException).syscall === 'uv_cwd' ? noWorkingDirectory() : error;
  }
}

/** Help and the version are given whatever else is on the line. */
function asksForText(words: readonly Bytes[]): boolean {
  const end = words.indexOf('--' as Bytes);
  return words
    .slice(0, end < 0 ? undefined : end)
    .some((word) => ['--help', '-h', '--version'].includes(word));
}

// yargs shows its general help for any word.
function refuseHelpOfNothing(commands: readonly Command<Options>[], words: readonly Bytes[]): void {
  const [first] = words;
  if (first === undefined || first.startsWith('-') || !words.includes('--help' as Bytes)) return;
  const problem = diagnose(commands, words);
  if (problem?.code === 'unknown-command') throw problem;
}

// Two-word commands form a group: yargs sees the second word only.
function groupOf(commands: readonly Command<Options>[], words: readonly string[]): string | undefined {
  const [first] = words;
  return commands.some(({ name }) => name.startsWith(`${first} `)) ? first : undefined;
}

function inGroup({ name }: Command<Options>, group: string | undefined): boolean {
  return group === undefined || name.startsWith(`${group} `);
}

function addCommand(
  parser: Argv,
  command: Command<Options>,
  group: string | undefined,
  take: (line: ParsedLine) => void,
): void {
  const name = group === undefined ? command.name : command.name.slice(group.length + 1);
  // Variadic, so that the command can say itself what is too much.
  const [positional] = command.positionals;
  const key = positional?.replace(/[^A-Z]/g, '');
  parser.command(
    key === undefined ? name : `${name} [${key}..]`,
    command.summary,
    (builder) => {
      builder.usage([`$0 ${name}`, '[OPTION]…', ...command.positionals].join(' '));
      for (const [key, option] of Object.entries(command.options)) builder.option(key, yargsOption(option));
      // As the manual has them: yargs' own $0 would be the name of the group.
      for (const [line, what] of command.examples) builder.example(line.replace('$0', 'plinkctl'), what);
      return builder.epilog(longHelp(command));
    },
    (argv) => take(parsedLine(command, argv, key)),
  );
}

function yargsOption(option: Option): YargsOption {
  const type: YargsOption['type'] & string =
    option.type === 'flag' ? 'boolean' : option.type === 'list' ? 'array' : 'string';
  const needsValue = option.type !== 'flag' && option.type !== 'optional';
  return {
    type,
    describe: describe(option),
    hidden: option.hidden === true,
    requiresArg: needsValue,
    ...(option.type === 'list' ? { string: true } : {}),
    ...(option.alias === undefined ? {} : { alias: option.alias }),
    ...(option.choices === undefined ? {} : { choices: [...option.choices] }),
    ...(option.group === undefined ? {} : { group: option.group }),
  };
}

// yargs has no place for the name of a value.
function describe({ type, value, describe: text }: Option): string {
  if (value === undefined) return text;
  return type === 'optional' ? `[=${value}] ${text}` : `${value}: ${text}`;
}

function longHelp(command: Command<Options>): string {
  const codes = exitMeanings(command.exitStatus).map(
    ([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return [...command.details.flatMap((paragraph) => [paragraph, '']), 'EXIT STATUS', ...codes].join('\n');
}

function parsedLine(
  command: Command<Options>,
  argv: Record<string, unknown>,
  positional: string | undefined,
): ParsedLine {
  const raw = new Map<string, RawValue>();
  for (const name of Object.keys(command.options)) {
    const value = argv[name];
    if (value !== undefined) raw.set(name, value as RawValue);
  }
  const words = positional === undefined ? [] : ((argv[positional] as Bytes[] | undefined) ?? []);
  const rest = (argv['--'] as Bytes[] | undefined) ?? [];
  return command.takesRest === true
    ? { command, raw, positionals: words, rest }
    : { command, raw, positionals: [...words, ...rest], rest: [] };
}
