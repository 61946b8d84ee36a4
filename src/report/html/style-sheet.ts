/** The page's whole look: light, dark and on paper. It refers to nothing outside of itself. */
export const styleSheet = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5f6670; --paper: #ffffff; --card: #f5f6f8; --line: #d9dce1;
  --red: #b3202c; --amber: #8a5a00; --blue: #1f5fa8; --green: #1b7340; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --dim: #9aa2ac; --paper: #14171a; --card: #1d2125; --line: #343a41;
    --red: #ff8088; --amber: #efb54a; --blue: #7fb6f5; --green: #6ccb92; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; } p { margin: .4rem 0; }
code { font: .92em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; unicode-bidi: isolate; white-space: pre-wrap; }
.dim, footer { color: var(--dim); } .verdict { font-weight: 600; }
.danger, .error { --tone: var(--red); } .warning { --tone: var(--amber); } .note { --tone: var(--blue); }
.good { --tone: var(--green); } .verdict, h3.tone, .state { color: var(--tone, inherit); }
.card { background: var(--card); border-inline-start: .25rem solid var(--tone, var(--line)); border-radius: .3rem;
  margin: .6rem 0; padding: .6rem .9rem; break-inside: avoid; }
.remedy::before { content: "→ "; color: var(--dim); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: start; color: var(--dim); padding-bottom: .3rem; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: start; vertical-align: top; }
th { white-space: nowrap; } tr { break-inside: avoid; } td.number { text-align: end; white-space: nowrap; }
td p { margin: 0; } td ul + p { margin-top: .3rem; } td.entry { max-width: 14rem; } .names { list-style: none; margin: 0; padding: 0; } .mark { display: inline-block; width: 1.2em; }
.there .mark { color: var(--green); } .missing .mark { color: var(--amber); }
.risk { border: 1px solid var(--red); border-radius: .3rem; color: var(--red); font-size: .8em; font-weight: 600; padding: 0 .35em; white-space: nowrap; }
.next { list-style: none; margin: .4rem 0; padding: 0; } .next li::before { content: "$ "; color: var(--dim); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: .75rem; font-size: .9rem; }
@media screen and (max-width: 42rem) {
  .entries thead { display: none; } .entries tr, .entries td { display: block; }
  .entries tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .entries td { border: 0; max-width: none; padding: .1rem 0; text-align: start; } .entries td.entry { color: var(--dim); } }
@media print {
  :root { color-scheme: light; --ink: #000; --dim: #444; --paper: #fff; --card: #fff; --line: #999;
    --red: #8c0f1a; --amber: #6b4500; --blue: #123f73; --green: #0f4f2a; }
  body { max-width: none; padding: 0; font-size: 10pt; } .card { border: 1px solid var(--line); border-inline-start: .25rem solid var(--tone, var(--line)); }
  .scroll { overflow: visible; } thead { display: table-header-group; } h2, h3 { break-after: avoid; } }
`;
