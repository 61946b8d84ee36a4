import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../src/cli/diagnose.js';
import { normalise } from '../../src/cli/normalise.js';
import type { Options } from '../../src/cli/option.js';
import { personalities } from '../../src/cli/personality-of.js';
import { commands } from '../../src/cli/table.js';
import type { Bytes } from '../../src/sys/bytes.js';

const markdown = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(directory, name));

const papers = ['.', 'docs', 'docs/recipes'].flatMap(markdown);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const options: Options = Object.assign({}, ...commands.map((command) => command.options));

const metrics = readFileSync('src/report/metrics.ts', 'utf8');

/** Programs beside the command line that have options of their own. */
const otherPrograms = ['bench', 'test/seeds', 'test/load']
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

/** The anchors of a paper's headings, as the usual renderers make them. */
function anchors(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Where links to other files and headings lead nowhere. */
function deadLinks(path: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?|mailto):/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? path : join(dirname(path), file);
      if (!existsSync(full)) return true;
      return anchor !== undefined && !anchors(readFileSync(full, 'utf8')).has(anchor);
    });
}

/** Everything that stands as code: blocks of shell, and words between backticks. */
function code(text: string): string[] {
  const blocks = [...text.matchAll(/^```(sh|ini|)\n([\s\S]*?)^```$/gm)]
    .flatMap(([, , block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, ''));
  const inline = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...inline.map(([, words = '']) => words)];
}

/** What is wrong with the program's command lines in a piece of code. */
function wrongCalls(line: string): string[] {
  return [...line.matchAll(/(?:^|[ /;&"])plinkctl ([a-z][^;&|"\n]*)/g)].flatMap(([, call = '']) => {
    const words = call.trim().split(/\s+/) as Bytes[];
    if (words[0] === 'as') return words[1] === 'NAME' || (words[1] ?? '') in personalities ? [] : [call];
    const problem = diagnose(commands, normalise(words, options));
    return problem === undefined ? [] : [`${call}: ${problem.message}`];
  });
}

/** Options that stand alone or behind the program's name and that there are not. */
function unknownOptions(line: string): string[] {
  // What stands behind another program's name is that program's.
  if (!/^--|(^|[ /])plinkctl /.test(line) || /\b(docker|npm) /.test(line)) return [];
  return (line.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []).filter((word) => {
    const name = word.slice(2);
    const own = name in options || name.replace(/^no-/, '') in options || /^(help|version)$/.test(name);
    return !own && !new RegExp(`['"]${word}['"]|['"]${name}['"]|\\b${name}: \\{ type:`).test(otherPrograms);
  });
}

describe.each(papers)('%s', (path) => {
  const text = readFileSync(path, 'utf8');

  test('links lead somewhere', () => {
    expect(deadLinks(path, text)).toEqual([]);
  });

  test('names commands and options that there are', () => {
    expect(code(text).flatMap((line) => [...wrongCalls(line), ...unknownOptions(line)])).toEqual([]);
  });

  test('names metrics that are written', () => {
    const names = [...text.matchAll(/plinkctl_\w+/g)].map(([name]) => name);
    expect(names.filter((name) => !metrics.includes(`'${name}'`))).toEqual([]);
  });

  test('names files and scripts that there are', () => {
    const files = [
      ...text.matchAll(/`((?:src|test|bench|docs|packaging|examples|scripts|schema|man)\/[\w./@-]*)`/g),
    ]
      .map(([, file = '']) => file)
      .filter((file) => !file.startsWith('docs/api') && !existsSync(file));
    const runs = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect([...files, ...runs.filter((name) => !(name in scripts))]).toEqual([]);
  });
});

test('the map of the house has every room', () => {
  const map = readFileSync('CONTRIBUTING.md', 'utf8');
  const rooms = readdirSync('src', { recursive: true, withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  );
  expect(rooms.map(({ name }) => name).filter((name) => !map.includes(`${name}/`))).toEqual([]);
});

test('a dead link, a wrong option and a wrong command would be seen', () => {
  expect(deadLinks('README.md', '[a](docs/none.md) [b](docs/faq.md#no-such) [c](docs/faq.md)')).toEqual([
    'docs/none.md',
    'docs/faq.md#no-such',
  ]);
  expect(
    code('`plinkctl lsit` `--uper`\n```sh\nplinkctl flush --uper /u\n```\n').flatMap(wrongCalls),
  ).toHaveLength(2);
  expect(unknownOptions('--uper --upper --no-color')).toEqual(['--uper']);
});
