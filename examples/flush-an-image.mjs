// node examples/flush-an-image.mjs UPPER WORK LOWER...
// What an image builder does before it packs an upper branch: every group becomes one file again, or it says why not.
import { apply, bytesFromText, maintain, Problem, plan, resolveTarget, scan, toBuffer } from 'plinkctl';

const [upper, work, ...lowers] = process.argv.slice(2).map(bytesFromText);

try {
  const union = resolveTarget({ upper, work, lowers });
  await maintain(union, { command: 'image builder', wait: 60 }, async () => {
    const outcome = await apply(plan(await scan(union), 'flush'));
    console.log(`${outcome.linksRestored} names put back, ${outcome.entriesRemoved} entries removed`);
    for (const { entry, attention, reason } of outcome.entries) {
      if (attention) console.log(`kept ${entry.name}: ${reason}`);
    }
    process.exitCode = outcome.entries.some(({ attention }) => attention) ? 4 : 0;
  });
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const where = error.path === undefined ? '' : `${toBuffer(error.path)}: `;
  console.error(`${where}${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  process.exitCode = 8;
}
