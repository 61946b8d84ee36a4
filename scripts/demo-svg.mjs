// node scripts/demo-svg.mjs: draws docs/demo.svg from a real run of the demo.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const run = spawnSync(process.execPath, ['bin/plinkctl.js', 'demo', '--color'], {
  cwd: project,
  encoding: 'utf8',
});
if (run.status !== 0) throw new Error(run.stderr);

const colours = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};
const [columnWidth, lineHeight, margin] = [8.43, 19, 20];
const ESC = String.fromCharCode(27);
const sequence = new RegExp(`(${ESC}\\[[\\d;]*m)`);
const sequences = new RegExp(`${ESC}\\[[\\d;]*m`, 'g');
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Spans of one line, each with the attributes that its escape sequences set. */
function spans(line) {
  const found = [];
  let style = { fill: '#c9d1d9', bold: false, dim: false };
  for (const part of line.split(sequence)) {
    const codes = part.startsWith(ESC) ? part.slice(2, -1) : null;
    if (codes === null) {
      if (part !== '') found.push({ text: part, ...style });
      continue;
    }
    for (const code of codes.split(';').map(Number)) {
      if (code === 0) style = { fill: '#c9d1d9', bold: false, dim: false };
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 22) style = { ...style, bold: false, dim: false };
      else if (code === 39) style = { ...style, fill: '#c9d1d9' };
      else if (colours[code] !== undefined) style = { ...style, fill: colours[code] };
    }
  }
  return found;
}

const text = `$ plinkctl demo\n${run.stdout.replace(/(\/[\w.-]+)+\/plinkctl-demo-\w+/g, '/tmp/plinkctl-demo').trimEnd()}`;
const lines = text.split('\n');
const columns = Math.max(...lines.map((line) => line.replace(sequences, '').length));
const [width, height] = [
  Math.ceil(columns * columnWidth + 2 * margin),
  lines.length * lineHeight + 2 * margin,
];
const body = lines.map((line, i) => {
  const inner = spans(line)
    .map(({ text: part, fill, bold, dim }) => {
      const weight = bold ? ' font-weight="bold"' : '';
      return `<tspan fill="${fill}"${weight}${dim ? ' opacity="0.65"' : ''}>${escaped(part)}</tspan>`;
    })
    .join('');
  return `  <text x="${margin}" y="${margin + (i + 0.75) * lineHeight}" xml:space="preserve">${inner}</text>`;
});
writeFileSync(
  `${project}/docs/demo.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A run of plinkctl demo">
  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${body.join('\n')}
  </g>
</svg>
`,
);
