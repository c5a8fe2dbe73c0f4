/** `client-process.ts NAME BROKER,BROKER`: a client in a separate process, which executes the calls of its parent. */

import { innermost } from './adapters/inbox.ts';
import { loadAdapter } from './adapters/open-client.ts';
import { CLIENTS, type ClientName } from './client.ts';
import type { Answer, Call } from './start-client.ts';

type Method = (...args: unknown[]) => Promise<unknown>;
type Target = Readonly<Record<string, Method>>;

const [, , name = '', brokers = ''] = process.argv;
if (!(name in CLIENTS)) throw new Error(`there is no client ${name}`);
const openClient = await loadAdapter(name as ClientName);
/** The targets of calls: the client under 0, and the objects that it has opened. */
const targets = new Map<number, Target>([[0, (await openClient({ brokers: brokers.split(',') })) as Target]]);

process.on('message', (message) => void answer(message as Call));
process.on('disconnect', () => process.exit());
// An error of the client outside a call must not end the other calls.
process.on('unhandledRejection', (error) => process.send?.({ stray: innermost(error) } satisfies Answer));
process.on('uncaughtException', (error) => process.send?.({ stray: innermost(error) } satisfies Answer));
process.send?.({ stray: null } satisfies Answer);

async function answer({ id, target, method, args }: Call): Promise<void> {
  try {
    const called = targets.get(target);
    if (!called?.[method]) throw new TypeError(`nothing to call by ${method}`);
    const value = await called[method](...args);
    if (!isTarget(value)) {
      process.send?.({ id, value } satisfies Answer);
      return;
    }
    targets.set(id, value);
    process.send?.({ id, opened: Object.keys(value) } satisfies Answer);
  } catch (error) {
    process.send?.({ id, error: innermost(error) } satisfies Answer);
  }
}

/** The objects that a client opens have only methods. */
const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.values(value).every((member) => typeof member === 'function');
