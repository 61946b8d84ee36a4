import type { Finding, Unreadable } from '../../scan/result.js';
import { sentence } from '../../words/shown.js';
import { gravities } from '../findings.js';
import { type Html, html, nothing } from './html.js';
import { nameHtml } from './name-html.js';

/** Findings under a heading for each gravity, the gravest first. */
export function findingsSection(findings: readonly Finding[]): Html {
  const sections = gravities.map(({ severity, title }) => {
    const these = findings.filter((finding) => finding.severity === severity);
    if (these.length === 0) return nothing;
    return html`<section><h3 class="${severity} tone">${title} (${these.length})</h3>
${these.map(findingCard)}</section>
`;
  });
  return html`${sections}`;
}

function findingCard({ severity, path, message, remedy, code }: Finding): Html {
  return html`<div class="card ${severity}"><p>${path === '' ? '/' : nameHtml(path)}: ${sentence(message)} <span class="dim">[${code}]</span></p>
${remedy === '' ? nothing : html`<p class="remedy">${sentence(remedy)}</p>`}</div>
`;
}

/** Directories that could not be seen into. */
export function unreadableSection(unreadable: readonly Unreadable[]): Html {
  if (unreadable.length === 0) return nothing;
  return html`<section><h3 class="warning tone">Could not be looked into, so nothing there is proved (${unreadable.length})</h3>
${unreadable.map(
  ({ branch, path, code }) => html`<div class="card warning"><p>branch ${branch}: ${
    path === '' ? 'its root' : nameHtml(path)
  } <span class="dim">[${code}]</span></p></div>
`,
)}</section>
`;
}
