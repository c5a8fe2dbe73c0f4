import { expect, test } from 'vitest';
import { KafkaJsMismatchError, requireShape, requireVersion } from './guard.ts';

test.each(['2.2.3', '2.2.5', '2.3.0', '3.0.0'])(
  'kafkajs %s is refused, and the message names the remedy',
  (version) => {
    expect(() => requireVersion(version)).toThrow(KafkaJsMismatchError);
    expect(() => requireVersion(version)).toThrow(`kafkajs ${version} is installed`);
    expect(() => requireVersion(version)).toThrow('install kafkajs 2.2.4');
  },
);

test('kafkajs 2.2.4 is accepted', () => {
  expect(() => requireVersion('2.2.4')).not.toThrow();
});

test('a method that is gone, or does not use what a patch relies on, is refused by name', () => {
  expect(() => requireShape('Broker.produce', undefined, [])).toThrow('kafkajs has no Broker.produce to patch');
  const changed = function produce(this: { pick: () => void }) {
    this.pick();
  };
  expect(() => requireShape('Broker.produce', changed, ['this.lookupRequest'])).toThrow(
    'Broker.produce of kafkajs does not use this.lookupRequest any more',
  );
  expect(() => requireShape('Broker.produce', changed, ['this.pick'])).not.toThrow();
});
