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

type Broker = { prototype: { addPartitionsToTxn: unknown } };
const { prototype } = kafkaJsModule<Broker>('broker/index.js');
const { addPartitionsToTxn: unpatched } = prototype;

/** Undoes `add-partitions-in-turn.ts` until it is disposed. */
export function addPartitionsInParallel(): Disposable {
  const { addPartitionsToTxn: patched } = prototype;
  prototype.addPartitionsToTxn = unpatched;
  return {
    [Symbol.dispose]() {
      prototype.addPartitionsToTxn = patched;
    },
  };
}
