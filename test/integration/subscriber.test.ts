import { afterAll, beforeAll, describe } from 'vitest';
import { openSubscriberBed, type SubscriberBed } from './subscriber/bed.ts';
import { testErasures } from './subscriber/erasures.ts';
import { testGoingOn } from './subscriber/going-on.ts';
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

// These wait for groups and leave the topic as it is.
describe.concurrent('what is published', () => {
  testReading(opened);
  testHandlers(opened);
});
describe('as a package', { tags: ['whole'] }, () => testPackage(opened));
testGoingOn(opened);
testTransport(opened);
testPortfolio(opened);
testInstances(opened);
testKills(opened);
testOddMessages(opened);
testErasures(opened);
