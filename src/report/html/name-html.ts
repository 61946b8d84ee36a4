import type { Bytes } from '../../sys/bytes.js';
import { shown } from '../../words/shown.js';
import { type Html, html } from './html.js';

/** Names of one list that a page shows. */
const NAMES_SHOWN = 50;

/** A name as bytes: what cannot be shown as `\xNN`, the rest as text. */
export function nameHtml(name: Bytes): Html {
  return html`<code>${shown(name)}</code>`;
}

/** Names under each other, each behind a mark that says whether it is there (`✓`) or missing (`−`). */
export function nameList(names: readonly Bytes[], mark: '✓' | '−'): Html {
  if (names.length === 0) return html``;
  const kind = mark === '✓' ? 'there' : 'missing';
  const label = mark === '✓' ? 'present: ' : 'missing: ';
  const more = names.length - NAMES_SHOWN;
  return html`<ul class="names ${kind}">${names
    .slice(0, NAMES_SHOWN)
    .map(
      (name) =>
        html`<li><span class="mark" aria-hidden="true">${mark}</span><span class="spoken">${label}</span>${nameHtml(name)}</li>`,
    )}${more > 0 ? html`<li class="dim">… and ${more} more</li>` : html``}</ul>`;
}
