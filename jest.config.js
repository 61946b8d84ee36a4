const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};

// Mounts and loop devices are shared by the whole machine, so these files run one after another.
const oneAtATime = { runner: '<rootDir>/test/support/serial-runner.cjs' };

/** @type {import('jest').Config} */
export default {
  testTimeout: 60_000,
  reporters: [
    'default',
    ...(process.env.PLINKCTL_TEST_TALLY ? ['<rootDir>/test/support/tally-reporter.cjs'] : []),
  ],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/kernel/',
        '<rootDir>/test/incidents/overlay-',
        '<rootDir>/test/crash/',
      ],
    },
    {
      ...shared,
      ...oneAtATime,
      displayName: 'kernel',
      testMatch: ['<rootDir>/test/kernel/**/*.test.ts', '<rootDir>/test/incidents/overlay-*.test.ts'],
    },
    { ...shared, displayName: 'crash', testMatch: ['<rootDir>/test/crash/**/*.test.ts'] },
  ],
};
