import { afterAll, beforeAll } from 'vitest';
import { openSubscriberBed, type SubscriberBed } from './subscriber/bed.ts';
import { testErasures } from './subscriber/erasures.ts';
import { testHandlers } from './subscriber/handlers.ts';
import { testInstances } from './subscriber/instances.ts';
import { testKills } from './subscriber/kills.ts';
import { testOddMessages } from './subscriber/odd-messages.ts';
import { testPackage } from './subscriber/package.ts';
import { testPortfolio } from './subscriber/portfolio.ts';
import { testReading } from './subscriber/reading.ts';
import { testTransport } from './subscriber/transport.ts';

/** The typed client on the real parts, fed by one real pipeline. Suites leave their groups and orders behind for those after them. */
let bed: SubscriberBed | undefined;
beforeAll(async () => {
  bed = await openSubscriberBed();
});
afterAll(() => bed?.[Symbol.asyncDispose]());
const opened = (): SubscriberBed => bed!;

testReading(opened);
testPackage(opened);
testTransport(opened);
testPortfolio(opened);
testHandlers(opened);
testInstances(opened);
testKills(opened);
testOddMessages(opened);
testErasures(opened);
