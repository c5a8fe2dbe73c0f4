/**
 * Where the model takes hold of kafkajs. This file has to be loaded before the product's code: `connect.ts` takes the sockets of
 * kafkajs when it is loaded, and its patches replace methods then.
 */
import type { ISocketFactory } from 'kafkajs';
import { kafkaJsModule, replaceKafkaJsModule } from 'qcc-core/kafka/kafkajs-2.2.4/guard';
import { currentProcess } from './virtual-time.ts';

type Connect = (input: { host: string; onConnect: () => void }) => object;

/** Opens the connections of the run under way. */
export const sockets: { connect?: Connect | undefined } = {};

kafkaJsModule('network/socketFactory.js');
replaceKafkaJsModule(
  'network/socketFactory.js',
  (): ISocketFactory => (input) => {
    if (!sockets.connect) throw new Error('no simulated network is there');
    return sockets.connect(input) as ReturnType<ISocketFactory>;
  },
);

/** Methods that the product's patches replace, as kafkajs has them. */
const RUNNER = 'consumer/runner.js';
const originals = (
  [
    { name: 'addPartitionsToTxn', path: 'broker/index.js' },
    { name: 'setDefaultOffset', path: 'consumer/offsetManager/index.js' },
    { name: 'fetch', path: RUNNER },
    { name: 'handleBatch', path: RUNNER },
  ] as const
).map(({ name, path }) => {
  const { prototype } = kafkaJsModule<{ prototype: Record<string, unknown> }>(path);
  return { name, prototype, original: prototype[name] };
});

export type PatchedMethod = (typeof originals)[number]['name'];

type Runner = { running: boolean; fetch(this: Runner, nodeId: string): Promise<unknown[]> };
/** No runner asks so often at one moment. */
const MOST_FETCHES = 100;

/**
 * Ends a process in which kafkajs fetches again and again without any time passing: no timer, signal or response would be handled
 * any more, in the simulation either.
 */
export function endWhereNoTimePasses(): void {
  const { prototype } = kafkaJsModule<{ prototype: Runner }>(RUNNER);
  const { fetch } = prototype;
  let [moment, fetches] = [0, 0];
  prototype.fetch = async function fetchWhileTimePasses(nodeId) {
    const now = Date.now();
    fetches = now === moment ? fetches + 1 : 1;
    moment = now;
    if (fetches <= MOST_FETCHES) return await fetch.call(this, nodeId);
    currentProcess()!.hang();
    return await new Promise<never>(() => {});
  };
}

/** Undoes the patch of a method until it is disposed. */
export function unpatch(name: PatchedMethod): Disposable {
  const { prototype, original } = originals.find((each) => each.name === name)!;
  const patched = prototype[name];
  prototype[name] = original;
  return {
    [Symbol.dispose]() {
      prototype[name] = patched;
    },
  };
}
