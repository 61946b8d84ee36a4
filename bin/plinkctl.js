#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// Node 22.8 and later keep the compiled code on disk; Node 20 lacks the call.
module.enableCompileCache?.();

const entry = new URL('../dist/main.js', import.meta.url);
if (existsSync(entry)) {
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv[1], process.argv.slice(2));
} else {
  console.error('plinkctl is not built: run npm ci && npm run build');
  process.exitCode = 8;
}
