import type { ScanResult } from '../../scan/result.js';
import type { Union } from '../../union/union.js';
import { plural } from '../../words/plural.js';
import { nextSteps } from '../next-step.js';
import { findingsOf } from '../scan-findings.js';
import { indexDirectories } from '../target-view.js';
import { entriesTable } from './entries-table.js';
import { findingsSection, unreadableSection } from './findings-section.js';
import { type Html, html, nothing } from './html.js';
import { lossesSection } from './losses-section.js';
import { nameHtml } from './name-html.js';

/**
 * One union: what would be lost, what was found, its entries and its branches.
 *
 * @param seconds - how long the scan took
 */
export function unionSection(scan: ScanResult, seconds: number): Html {
  const { union, entries, unreadable, walked } = scan;
  const upper = union.branches.find(({ role }) => role === 'upper');
  const name = union.mounted?.path ?? upper?.path;
  const missing = entries.reduce((sum, entry) => sum + entry.missing.length, 0);
  return html`<article><h2>${union.format}${name === undefined ? nothing : html` ${nameHtml(name)}`}</h2>
<p>${missing === 0 ? 'No name is missing.' : `${plural(missing, 'name is', 'names are')} missing.`}</p>
${nextSection(nextSteps(scan))}${lossesSection(entries)}${findingsSection(findingsOf(scan))}${unreadableSection(unreadable)}${entriesTable(entries)}${unionTable(union)}<p class="dim">${plural(walked.directories, 'directory', 'directories')} and ${plural(walked.names, 'name')} looked at in ${seconds.toFixed(1)} s.</p>
</article>
`;
}

function nextSection(commands: readonly string[]): Html {
  if (commands.length === 0) return nothing;
  return html`<p>Run next:</p>
<ol class="next">${commands.map((command) => html`<li><code>${command}</code></li>`)}</ol>
`;
}

function unionTable(union: Union): Html {
  const rows: readonly (readonly [string, Html])[] = [
    ['Mounted', union.mounted === undefined ? html`no` : html`at ${nameHtml(union.mounted.path)}`],
    ...union.branches.map(({ role, path }, index) => [`Branch ${index}, ${role}`, nameHtml(path)] as const),
    ...(union.format === 'overlay' ? [['Work directory', nameHtml(union.work)] as const] : []),
    ...indexDirectories(union).map((path) => ['Index', nameHtml(path)] as const),
  ];
  return html`<section><h3>The union</h3>
<div class="scroll"><table><tbody>
${rows.map(([head, value]) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>\n`)}</tbody></table></div></section>
`;
}
