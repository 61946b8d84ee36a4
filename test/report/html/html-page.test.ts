import { describe, expect, test } from '@jest/globals';
import { htmlPage } from '../../../src/report/html/html-page.js';
import type { Subject } from '../../../src/report/subject.js';
import type { Severity } from '../../../src/scan/result.js';
import { markupTags } from '../../support/markup-tags.js';
import { aufsUnion, b, entry, scanResult } from '../samples.js';

const origin = { version: '1.2.3', date: new Date(Date.UTC(2024, 1, 29, 12, 30, 5)) };
const pageOf = (...subjects: readonly Subject[]): string => htmlPage(subjects, origin);
const looked = (...parameters: Parameters<typeof scanResult>): Subject => ({
  scan: scanResult(...parameters),
  seconds: 0.25,
});

const hostile = [
  '</code></li><script>alert(1)</script>',
  '" onmouseover="alert(1)" x="',
  "'><img src=x onerror=alert(1)>",
  '<!-- ]]> <![CDATA[ &#60;b&#62; &lt;',
  '</style></title><h1>',
  'line\nbreak\r\ttab\0nul\x1b[31m',
  '\xff\xfe\x80',
  Buffer.from('\u202egnp.exe \u2066\u200b', 'utf8').toString('latin1'),
  Buffer.from('שלום née', 'utf8').toString('latin1'),
  'javascript:alert(1)',
];

describe('htmlPage', () => {
  test('is well-formed and refers to nothing outside', () => {
    const page = pageOf(looked(), looked({ union: aufsUnion, entries: [] }));
    const tags = markupTags(page);
    expect(tags.map(({ name }) => name)).toEqual(expect.arrayContaining(['title', 'style', 'table', 'main']));
    for (const { name, attributes } of tags) {
      expect(['script', 'link', 'img', 'iframe', 'object', 'a', 'base', 'form']).not.toContain(name);
      for (const key of attributes.keys()) expect(key).not.toMatch(/^(src|href|style|on.*)$/);
    }
    expect(page).not.toMatch(/url\(|@import|https?:/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('@media print');
    expect(page).toContain("default-src 'none'");
  });

  test('says when, by what, and of which union', () => {
    const page = pageOf(looked());
    expect(page).toContain('<time datetime="2024-02-29T12:30:05.000Z">2024-02-29 12:30:05 UTC</time>');
    expect(page).toContain('plinkctl 1.2.3');
    for (const path of ['/u', '/l1', '/it&#39;s l2', '/w', '/w/index']) {
      expect(page).toContain(`<code>${path}</code>`);
    }
    expect(page).toContain('Nothing needs attention.');
    expect(page).toContain('2 names are missing.');
    expect(page).toContain('<li><code>plinkctl flush --upper /u ');
  });

  test.each(hostile)('no name becomes markup: %j', (name) => {
    const finding = { code: 'x', path: b(name), message: name, remedy: name, safe: false };
    const odd = looked({
      entries: [
        entry({
          name: b(name),
          names: [b(name)],
          missing: [{ path: b(name), lower: { branch: 1, path: b(name) } }],
          atRisk: true,
          reason: name,
          evidence: [name],
        }),
      ],
      findings: [{ ...finding, severity: 'danger' as const }],
      unreadable: [{ path: b(name), branch: 1, code: 'EACCES' }],
      union: {
        format: 'aufs',
        branches: [{ path: b(`/${name}`), role: 'upper', whiteouts: true }],
        mounted: { path: b(`/${name}`), dev: 1n, readOnly: false, pid: undefined, si: '0' },
      },
    });
    const failed: Subject = {
      failure: { exitCode: 8, code: 'EIO', message: name, path: b(name), hint: name },
    };
    const plain: Subject = { failure: { exitCode: 8, code: 'EIO', message: 'm', path: b('p'), hint: 'h' } };
    const page = pageOf(odd, failed);
    const model = pageOf(looked(modelOf(odd)), plain);
    // The same elements as for a harmless name.
    expect(markupTags(page)).toEqual(markupTags(model));
    // Nothing that a terminal or a reader takes for something else.
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  test('what would be lost stands first, then findings from the gravest to the slightest', () => {
    const severities: readonly Severity[] = ['note', 'warning', 'error', 'danger'];
    const page = pageOf(
      looked({
        entries: [entry({ atRisk: true, reason: 'its origin is gone', evidence: ['seen at dawn'] })],
        findings: severities.map((severity) => ({
          code: `a-${severity}`,
          severity,
          path: b(severity),
          message: 'm',
          remedy: 'r',
          safe: true,
        })),
        unreadable: [{ path: b('shut'), branch: 1, code: 'EACCES' }],
      }),
    );
    const order = [
      'What would be lost',
      'seen at dawn',
      '[a-danger]',
      '[a-error]',
      '[a-warning]',
      '[a-note]',
    ];
    const places = [...order, '[EACCES]', 'Index entries', '>The union<'].map((text) => page.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(page).toContain('Data is at risk');
    markupTags(page);
  });

  test('a long index is cut, those at risk stay, and the rest is counted', () => {
    const many = Array.from({ length: 2005 }, (_, index) => entry({ name: b(`e${index}`), names: [] }));
    const page = pageOf(looked({ entries: [...many, entry({ name: b('last'), atRisk: true })] }));
    expect(page.split('<td class="entry">').length - 1).toBe(2000);
    expect(page.split('<code>last</code>').length - 1).toBe(2);
    expect(page).toContain('… and 6 more');
  });

  test('a union that could not be looked at needs attention', () => {
    const failure = { exitCode: 8, code: 'EACCES', message: 'permission denied', path: b('/x') };
    const page = pageOf(looked(), { failure });
    expect(page).toContain('<code>/x</code>: permission denied');
    expect(page).toContain('1 of 2 unions need attention.');
    expect(pageOf()).toContain('No union is known here.');
  });
});

// The same facts with a harmless name.
function modelOf(subject: Subject): Parameters<typeof scanResult>[0] {
  if (!('scan' in subject)) throw new Error('not a scan');
  const { scan } = subject;
  return {
    ...scan,
    entries: scan.entries.map((each) => ({ ...each, reason: 'r', evidence: ['e'] })),
    findings: scan.findings.map((each) => ({ ...each, path: b('p'), message: 'm', remedy: 'r' })),
  };
}
