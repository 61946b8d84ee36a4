import type { EntryState, IndexEntry } from '../../scan/result.js';
import { plural, size } from '../../words/plural.js';
import { sentence } from '../../words/shown.js';
import { type Html, html, nothing } from './html.js';
import { nameHtml, nameList } from './name-html.js';

/** Rows of one table: a browser takes seconds for many more. */
const ENTRIES_SHOWN = 2000;

const toneOf: Readonly<Record<EntryState, string>> = {
  restorable: 'warning',
  complete: 'good',
  orphan: 'note',
  stale: 'warning',
  foreign: 'error',
  damaged: 'error',
  ambiguous: 'error',
  temporary: '',
  junk: 'error',
  whiteout: '',
  directory: '',
};

/** Every entry of the index; where there are too many for a page, those at risk first. */
export function entriesTable(entries: readonly IndexEntry[]): Html {
  if (entries.length === 0)
    return html`<p>The index is empty.</p>
`;
  const ordered = [...entries.filter(({ atRisk }) => atRisk), ...entries.filter(({ atRisk }) => !atRisk)];
  const left = entries.length - ENTRIES_SHOWN;
  return html`<section><h3>Index entries</h3>
<div class="scroll"><table class="entries"><caption>${plural(entries.length, 'entry', 'entries')}: ${counts(entries)}</caption>
<thead><tr><th scope="col">State</th><th scope="col">Names: ✓ present, − missing</th><th scope="col">Size</th><th scope="col">Index entry</th></tr></thead>
<tbody>
${ordered.slice(0, ENTRIES_SHOWN).map(row)}</tbody></table></div>
${left > 0 ? html`<p class="dim">… and ${left} more, which plinkctl list shows.</p>` : nothing}</section>
`;
}

function row({ state, atRisk, missing, names, reason, kind, inode, name }: IndexEntry): Html {
  return html`<tr><td><span class="state ${toneOf[state]}">${state}</span>${
    atRisk ? html` <span class="risk">at risk</span>` : nothing
  }</td><td>${nameList(
    missing.map(({ path }) => path),
    '−',
  )}${nameList(names, '✓')}${
    reason === undefined ? nothing : html`<p class="dim">${sentence(reason)}</p>`
  }</td><td class="number">${kind === 'file' ? size(inode.size) : kind}</td><td class="entry">${nameHtml(name)}</td></tr>
`;
}

function counts(entries: readonly IndexEntry[]): string {
  const found = new Map<EntryState, number>();
  for (const { state } of entries) found.set(state, (found.get(state) ?? 0) + 1);
  return [...found].map(([state, count]) => `${count} ${state}`).join(', ');
}
