#!/usr/bin/env node
// CommonJS, by the package.json beside it: Node's loader of modules costs every start 8 ms more.
const { existsSync } = require('node:fs');

// Node 22.8 and later keep the compiled code on disk; Node 20 lacks the call, and would load the module in vain.
if (Number.parseInt(process.versions.node, 10) >= 22) require('node:module').enableCompileCache?.();

const entry = `${__dirname}/../dist/main.cjs`;
if (existsSync(entry)) {
  require(entry)
    .main(process.argv[1], process.argv.slice(2))
    .then((code) => {
      process.exitCode = code;
    });
} else {
  console.error('plinkctl is not built: run npm ci && npm run build');
  process.exitCode = 8;
}
