import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { parseLean } from '../../src/cli/parse-lean.js';
import { commands } from '../../src/cli/table.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { unitValues } from '../support/unit-file.js';

const read = (path: string): string => readFileSync(join('packaging', path), 'utf8');

/** What stands behind the program's name wherever it is called in a text. */
function calls(text: string): string[][] {
  return [
    ...text.replaceAll('\\\n', ' ').matchAll(/(?:^|[ /;&])(?:plinkctl|on-host\.sh) ([a-z]+ [^;&|\n]*)/gm),
  ].map(([, words = '']) => words.trim().split(/\s+/));
}

const known = (words: readonly string[]): boolean =>
  parseLean(commands, words as readonly Bytes[]) !== undefined;

describe('command lines of the examples are ones that the program knows', () => {
  test.each(readdirSync('packaging/systemd').filter((name) => name.endsWith('.service')))('%s', (name) => {
    const text = read(`systemd/${name}`);
    const lines = [...unitValues(text, 'ExecStart'), ...unitValues(text, 'ExecStop')].flatMap(calls);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((words) => !known(words))).toEqual([]);
  });

  test.each([
    'cron.d/plinkctl',
    'dracut/95plinkctl/plinkctl-shutdown.sh',
    'initramfs-tools/scripts/local-bottom/plinkctl',
    'kubernetes/plinkctl.yaml',
  ])('%s', (path) => {
    const uncommented = read(path).replaceAll(/^\s*#.*$/gm, '');
    const lines = calls(uncommented);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((words) => !known(words))).toEqual([]);
  });

  test.each(readdirSync('docs/recipes'))('docs/recipes/%s', (name) => {
    const text = readFileSync(join('docs/recipes', name), 'utf8');
    const blocks = [...text.matchAll(/^```(?:sh|ini)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    const lines = blocks.flatMap((block) => calls(block.replaceAll(/^\s*#.*$/gm, '')));
    expect(blocks.length).toBeGreaterThan(0);
    expect(lines.filter((words) => !known(words))).toEqual([]);
  });

  test('a misspelt option would be seen', () => {
    expect(calls('41 4 * * 0 root true; plinkctl prune --all --min-ages=7d')).toEqual([
      ['prune', '--all', '--min-ages=7d'],
    ]);
    expect(known(['prune', '--all', '--min-ages=7d'])).toBe(false);
  });
});

test.each([
  'cron.d',
  'dracut/95plinkctl',
  'initramfs-tools/hooks',
  'initramfs-tools/scripts/local-bottom',
  'debian',
])('the scripts in %s are ones that a shell can read', (directory) => {
  for (const name of readdirSync(join('packaging', directory))) {
    const text = read(join(directory, name));
    const shell = text.startsWith('#!/bin/bash') ? 'bash' : 'sh';
    const scripts = directory === 'cron.d' ? cronCommands(text) : [text.startsWith('#!') ? text : ''];
    for (const script of scripts) {
      const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
    }
  }
});

function cronCommands(text: string): string[] {
  return [...text.matchAll(/^[\d*/]+(?: [\d*/]+){4} root (.*)$/gm)].map(([, line = '']) => line);
}

test('each line for cron steps aside where systemd runs', () => {
  const lines = cronCommands(read('cron.d/plinkctl'));
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    // A percent sign would be a new line to cron.
    expect(line).toMatch(/^test -e \/run\/systemd\/system && exit 0; plinkctl [^%]+$/);
  }
});

describe('the manifest for a cluster', () => {
  const documents = parseAllDocuments(read('kubernetes/plinkctl.yaml'), { strict: true });
  const byKind = new Map(
    documents.map((each) => {
      const object = each.toJS() as { kind: string } & Record<string, unknown>;
      return [object.kind, object] as const;
    }),
  );

  test('is YAML without an error, each object with a kind, a version and a name', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    for (const [, object] of byKind) {
      expect(object).toMatchObject({
        apiVersion: expect.any(String),
        metadata: { name: expect.any(String) },
      });
    }
    expect([...byKind.keys()]).toEqual(['Namespace', 'ServiceAccount', 'ConfigMap', 'DaemonSet', 'CronJob']);
  });

  test('the pods can be selected, see the host, and find their script', () => {
    const pod = {
      hostPID: true,
      serviceAccountName: 'plinkctl',
      containers: [
        expect.objectContaining({
          image: 'IMAGE',
          securityContext: { privileged: true },
          volumeMounts: [
            { name: 'host', mountPath: '/host' },
            { name: 'script', mountPath: '/script', readOnly: true },
          ],
        }),
      ],
      volumes: [
        { name: 'host', hostPath: { path: '/', type: 'Directory' } },
        { name: 'script', configMap: { name: 'plinkctl' } },
      ],
    };
    const check = { 'app.kubernetes.io/name': 'plinkctl', 'app.kubernetes.io/component': 'check' };
    expect(byKind.get('DaemonSet')).toMatchObject({
      apiVersion: 'apps/v1',
      spec: { selector: { matchLabels: check }, template: { metadata: { labels: check }, spec: pod } },
    });
    expect(byKind.get('CronJob')).toMatchObject({
      apiVersion: 'batch/v1',
      spec: {
        schedule: expect.stringMatching(/^(\S+ ){4}\S+$/),
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
      },
    });
  });

  test('its command lines are ones that the program and the shell know', () => {
    const job = byKind.get('CronJob') as never as {
      spec: { jobTemplate: { spec: { template: { spec: { containers: [{ args: string[] }] } } } } };
    };
    expect(known(job.spec.jobTemplate.spec.template.spec.containers[0].args)).toBe(true);
    const map = byKind.get('ConfigMap') as never as { data: { 'on-host.sh': string } };
    const { status } = spawnSync('sh', ['-n'], { input: map.data['on-host.sh'] });
    expect(status).toBe(0);
  });
});
