import { expect, test } from 'vitest';
import type { Change, DeadLetter } from '../../../packages/qcc-subscriber/src/options.ts';
import type { SubscriberBed } from './bed.ts';

/** Messages that are hidden, or that nobody can decode. They stay on the topic for the suites after this one. */
export function testOddMessages(bed: () => SubscriberBed): void {
  test('changes of aborted transactions are hidden, also of two that overlap', async () => {
    const { topic } = bed();
    const [template] = await bed().messages();
    const producers = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const producer = bed().kafka.producer({
          transactionalId: `${bed().pipeline.prefix}${name}`,
          maxInFlightRequests: 1,
          idempotent: true,
        });
        await producer.connect();
        return producer;
      }),
    );
    const [a, b, c] = await Promise.all(producers.map((producer) => producer.transaction()));
    const send = (transaction: typeof a, marker: string) =>
      transaction!.send({ topic, messages: [{ key: template!.key, value: template!.value, headers: { marker } }] });
    await send(a, 'aborted');
    await send(b, 'aborted');
    await send(a, 'aborted');
    await b!.abort();
    await send(a, 'aborted');
    await a!.abort();
    await send(c, 'committed');
    await c!.commit();
    await Promise.all(producers.map((producer) => producer.disconnect()));

    const total = (await bed().messages()).length;
    const changes = await bed().take({ group: 'aborted', from: 'earliest' }, ({ length }) => length === total);
    const marked = changes.filter(({ delivery }) => ['aborted', 'committed'].includes(delivery.headers.marker ?? ''));
    // The same version again is not newer, and newest leaves it out.
    expect(marked.map(({ delivery: { headers, isNewest } }) => [headers.marker, isNewest])).toEqual([
      ['committed', false],
    ]);
  });

  test('a message that is not Avro is a dead letter, and its partition goes on', async () => {
    await bed().publish([{ key: 'odd', value: 'not Avro', partition: 0 }]);
    const letters: DeadLetter[] = [];
    const total = (await bed().messages()).length;
    const changes: Change[] = [];
    const closing = new AbortController();
    await bed()
      .open({
        group: 'undecodable',
        from: 'earliest',
        signal: closing.signal,
        onDeadLetter(letter) {
          letters.push(letter);
          if (changes.length + letters.length === total) closing.abort();
        },
      })
      .run((change) => {
        changes.push(change);
        if (changes.length + letters.length === total) closing.abort();
      });
    expect(letters).toEqual([
      expect.objectContaining({ kind: 'undecodable', partition: 0, value: Buffer.from('not Avro') }),
    ]);
  });
}
