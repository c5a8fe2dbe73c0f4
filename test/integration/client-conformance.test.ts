import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASES } from '../conformance/cases.ts';
import { type CaseBench, openCaseBench, runCase } from '../conformance/run-cases.ts';

/** The short form of `npm run conformance` for the client that the services use, on a separate cluster. */
let bench: CaseBench;
beforeAll(async () => {
  bench = await openCaseBench((line) => console.log(line));
});
afterAll(async () => await bench?.[Symbol.asyncDispose]());

const short = Object.entries(CASES).filter(([, { isShort }]) => isShort);

test.each(short.map(([name, { sentence }]) => [sentence, name] as const))('%s', async (_sentence, name) => {
  const result = await runCase(bench, {
    client: 'kafkajs',
    name,
    seed: 'npm test',
    isShort: true,
    say: (line) => console.log(line),
  });
  expect(result).toMatchObject({ outcome: 'passed' });
});
