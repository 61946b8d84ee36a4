import fc from 'fast-check';

// The same cases on every machine; PLINKCTL_PROPERTY_SEED=N looks at others, and a failure prints its own seed.
fc.configureGlobal({ seed: Number(process.env.PLINKCTL_PROPERTY_SEED ?? 20_261_123) });
