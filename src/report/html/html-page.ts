import { plural } from '../../words/plural.js';
import { sentence } from '../../words/shown.js';
import { needsAttention } from '../scan-findings.js';
import type { Subject } from '../subject.js';
import { Html, html, nothing } from './html.js';
import { nameHtml } from './name-html.js';
import { styleSheet } from './style-sheet.js';
import { unionSection } from './union-section.js';

/** What the page says of itself. */
export interface PageOrigin {
  readonly version: string | undefined;
  readonly date: Date;
}

/**
 * A check as one page that needs nothing else: no network, no script, no file beside it.
 *
 * @returns HTML that is well-formed XML too, in UTF-8
 */
export function htmlPage(subjects: readonly Subject[], { version, date }: PageOrigin): string {
  const iso = date.toISOString();
  const page = html`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="robots" content="noindex"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>plinkctl check, ${iso.slice(0, 10)}</title>
<style>${styleMarkup}</style>
</head>
<body>
<header><h1>plinkctl check</h1>
<p class="dim"><time datetime="${iso}">${`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`}</time></p>
${verdict(subjects)}</header>
<main>
${subjects.map(subjectHtml)}</main>
<footer>Written by plinkctl${version === undefined ? '' : ` ${version}`}. Nothing was changed by looking.</footer>
</body>
</html>
`;
  return `<!doctype html>\n${page.markup}`;
}

// In a style element a reader of HTML takes entities literally.
const styleMarkup = new Html(styleSheet);

function subjectHtml(subject: Subject): Html {
  if ('scan' in subject) return unionSection(subject.scan, subject.seconds);
  const { path, union, message, syscall, hint } = subject.failure;
  const where = path === undefined || path === '' ? nothing : html`${nameHtml(path)}: `;
  return html`<article><h2>${union === undefined ? nothing : html`${nameHtml(union)}: `}not looked at</h2>
<div class="card error"><p>${where}${sentence(message)}${syscall === undefined ? '' : ` (${syscall})`}</p>
${hint === undefined ? nothing : html`<p class="remedy">${sentence(hint)}</p>`}</div></article>
`;
}

function verdict(subjects: readonly Subject[]): Html {
  if (subjects.length === 0) return html`<p class="verdict">No union is known here.</p>`;
  const scans = subjects.flatMap((subject) => ('scan' in subject ? [subject.scan] : []));
  const risky = scans.flatMap(({ entries }) => entries).filter(({ atRisk }) => atRisk).length;
  const troubled = subjects.length - scans.filter((scan) => !needsAttention(scan)).length;
  if (risky > 0) {
    return html`<p class="verdict danger">Data is at risk: ${plural(risky, 'entry holds', 'entries hold')} the only copy.</p>`;
  }
  return troubled === 0
    ? html`<p class="verdict good">Nothing needs attention.</p>`
    : html`<p class="verdict warning">${
        subjects.length === 1
          ? 'Something needs attention.'
          : `${troubled} of ${plural(subjects.length, 'union')} need attention.`
      }</p>`;
}
