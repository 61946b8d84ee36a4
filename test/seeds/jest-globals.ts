/** Stands for `@jest/globals` where trials run outside of jest. */
export { expect } from 'expect';

const nothing = (): void => {};
const group = Object.assign(nothing, { skip: nothing, each: () => nothing });

export {
  group as describe,
  group as test,
  nothing as afterAll,
  nothing as afterEach,
  nothing as beforeAll,
  nothing as beforeEach,
};
