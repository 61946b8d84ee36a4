#!/usr/bin/env node
// CommonJS, by the package.json beside it: Node's loader of modules costs every start 8 ms more. In the words of Node 12,
// which can so say that it is too old.
const { version, versions, argv } = process;
const [major, minor] = versions.node.split('.').map(Number);

// The lines after 20 have the last of these calls since 22.3.
if (major < 20 || (major === 20 && minor < 19) || process.getBuiltinModule === undefined) {
  cannotStart(
    'node-too-old',
    `plinkctl needs Node 20.19 or 22.3, or later: ${process.execPath} is ${version}`,
  );
} else {
  start();
}

function start() {
  const { existsSync } = require('node:fs');
  const entry = `${__dirname}/../dist/main.cjs`;
  if (!existsSync(entry)) {
    cannotStart('not-built', 'plinkctl is not built: run npm ci && npm run build');
    return;
  }
  // Node 22.8 and later keep the compiled code on disk; Node 20 lacks the call, and would load the module in vain.
  if (major >= 22) {
    const { enableCompileCache } = require('node:module');
    if (enableCompileCache !== undefined) enableCompileCache();
  }
  require(entry)
    .main(argv[1], argv.slice(2))
    .then((code) => {
      process.exitCode = code;
    });
}

function cannotStart(code, message) {
  // The helpers of mount(8) have a code of their own for it; 8 is theirs for an interrupt.
  process.exitCode = /(^|\/)u?mount\.[^/]*$/.test(argv[1]) ? 2 : 8;
  if (!argv.includes('--json')) {
    console.error(message);
    return;
  }
  const error = { code, message, path: null, syscall: null, hint: null };
  console.log(JSON.stringify({ schema: 'plinkctl/1', command: null, error, exitCode: process.exitCode }));
}
