import type { IndexEntry } from '../../scan/result.js';
import { plural, size } from '../../words/plural.js';
import { sentence } from '../../words/shown.js';
import { type Html, html, nothing } from './html.js';
import { nameHtml, nameList } from './name-html.js';

/** What the next mount, or another tool's flush, would destroy, and why it is thought so. */
export function lossesSection(entries: readonly IndexEntry[]): Html {
  const risky = entries.filter(({ atRisk }) => atRisk);
  if (risky.length === 0) return nothing;
  const bytes = risky.reduce((sum, { inode }) => sum + inode.size, 0n);
  return html`<section><h3 class="danger tone">What would be lost</h3>
<p>${plural(risky.length, 'entry holds', 'entries hold')} the only copy of data, ${size(bytes)} in all, that the next
mount or another tool’s flush would destroy.</p>
${risky.map(lossCard)}</section>
`;
}

function lossCard({ name, names, missing, kind, inode, state, reason, evidence }: IndexEntry): Html {
  const what = kind === 'file' ? `file of ${size(inode.size)}` : kind;
  return html`<div class="card danger"><p>${nameHtml(name)} <span class="dim">${what}, ${state}</span></p>
${nameList(
  missing.map(({ path }) => path),
  '−',
)}${nameList(names, '✓')}${[...(reason === undefined ? [] : [reason]), ...evidence].map(
  (text) => html`<p>${sentence(text)}</p>`,
)}</div>
`;
}
