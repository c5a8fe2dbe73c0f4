/**
 * Where the model takes hold of kafkajs. This file has to be loaded before the product's code: `connect.ts` takes the sockets of
 * kafkajs when it is loaded, and its patches replace methods then.
 */
import type { ISocketFactory } from 'kafkajs';
import { kafkaJsModule, replaceKafkaJsModule } from 'qcc-core/kafka/kafkajs-2.2.4/guard';

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
const originals = [
  { name: 'addPartitionsToTxn', path: 'broker/index.js' },
  { name: 'setDefaultOffset', path: 'consumer/offsetManager/index.js' },
].map(({ name, path }) => {
  const { prototype } = kafkaJsModule<{ prototype: Record<string, unknown> }>(path);
  return { name, prototype, original: prototype[name] };
});

/** Undoes the patch of a method until it is disposed. */
export function unpatch(name: 'addPartitionsToTxn' | 'setDefaultOffset'): Disposable {
  const { prototype, original } = originals.find((each) => each.name === name)!;
  const patched = prototype[name];
  prototype[name] = original;
  return {
    [Symbol.dispose]() {
      prototype[name] = patched;
    },
  };
}
