import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { document } from '../../src/cli/run-command.js';
import { metricsText } from '../../src/report/metrics.js';
import { scanReport } from '../../src/report/scan-report.js';
import { scanResult } from '../report/samples.js';

const written = metricsText(document('check', scanReport('check', scanResult(), 1)), 1000, '');
const labelsOf = new Map<string, Set<string>>();
for (const [, name = '', labels = ''] of written.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
  labelsOf.set(name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)));
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const rules: readonly Rule[] = parse(
  readFileSync('packaging/prometheus/plinkctl.rules.yml', 'utf8'),
).groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules);
const dashboard = JSON.parse(readFileSync('packaging/grafana/plinkctl.json', 'utf8')) as {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
};

const metricsIn = (text: string): string[] => text.match(/\bplinkctl_\w+/g) ?? [];

// What a scrape adds to every series.
const added = ['instance', 'job'];

function expectKnown(expr: string): void {
  expect(metricsIn(expr)).not.toEqual([]);
  for (const name of metricsIn(expr)) expect([...labelsOf.keys()]).toContain(name);
  for (const [, name = '', selectors = ''] of expr.matchAll(/(plinkctl_\w+)\{([^}]*)\}/g)) {
    const known = [...(labelsOf.get(name) ?? []), ...added];
    for (const [, label = ''] of selectors.matchAll(/(\w+)=/g)) expect(known).toContain(label);
  }
}

describe('alert rules', () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for what is written', (_, rule) => {
    expectKnown(rule.expr);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description']);
    const common = [...(labelsOf.get(metricsIn(rule.expr)[0] ?? '') ?? []), ...added];
    for (const text of Object.values(rule.annotations)) {
      for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g)) expect(common).toContain(label);
    }
  });

  test('each has a name of its own', () => {
    expect(rules.length).toBeGreaterThan(4);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe('dashboard', () => {
  test.each(dashboard.panels.map((panel) => [panel.title, panel] as const))(
    '%s asks for what is written',
    (_, panel) => {
      for (const { expr } of panel.targets) expectKnown(expr);
    },
  );

  test('variables ask for what is written; panels have ids of their own', () => {
    const queries = dashboard.templating.list
      .map(({ query }) => query)
      .filter((query) => query.includes('('));
    for (const query of queries) expectKnown(query);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  test('shows every state of a union that is written', () => {
    const shown = new Set(
      dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr))),
    );
    const alerted = new Set(rules.flatMap(({ expr }) => metricsIn(expr)));
    expect([...labelsOf.keys()].filter((name) => !shown.has(name) && !alerted.has(name))).toEqual([]);
  });
});

describe('the text form', () => {
  test('is what the exposition format allows', () => {
    const metric =
      /^# HELP (\w+) [^\n]+\n# TYPE \1 gauge\n(?:\1\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\} (?:-?\d+(?:\.\d+)?|NaN)\n)+/;
    const series: string[] = [];
    let left = written;
    while (left !== '') {
      const found = metric.exec(left)?.[0];
      if (found === undefined) throw new Error(`not a metric: ${left.slice(0, 200)}`);
      series.push(...found.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
      left = left.slice(found.length);
    }
    const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(20);
  });
});
