import { describe, expect, test } from 'vitest';
import { HandlerError } from '../../../packages/qcc-subscriber/src/errors.ts';
import type { DeadLetter } from '../../../packages/qcc-subscriber/src/options.ts';
import { keyOf, type SubscriberBed } from './bed.ts';

/** What comes again, and what does not, after a handler failed or a subscription ended. */
export function testHandlers(bed: () => SubscriberBed): void {
  describe('handlers', () => {
    test('one that fails goes to the dead-letter hook after its retries, and the others are handled', async () => {
      const total = (await bed().messages()).length;
      const letters: DeadLetter[] = [];
      let calls = 0;
      let bad: string | undefined;
      const handled: string[] = [];
      const closing = new AbortController();
      const done = () => {
        if (handled.length + letters.length === total) closing.abort();
      };
      await bed()
        .open({
          group: 'letters',
          from: 'earliest',
          signal: closing.signal,
          onDeadLetter(letter) {
            letters.push(letter);
            done();
          },
        })
        .run((change) => {
          bad ??= keyOf(change);
          if (keyOf(change) === bad) {
            calls += 1;
            throw new TypeError('it cannot be handled');
          }
          handled.push(keyOf(change));
          done();
        });
      expect(calls).toBe(3);
      expect(letters).toEqual([
        expect.objectContaining({ kind: 'handler', attempts: 3, error: expect.any(TypeError) }),
      ]);
      expect(handled.length).toBe(total - 1);
      expect((await bed().committed('letters')).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
    });

    test('without a hook the subscription ends, and the change comes again', async () => {
      const handled: string[] = [];
      const running = bed()
        .open({ group: 'no-hook', from: 'earliest', retry: { retries: 0 } })
        .run((change) => {
          if (handled.length === 20) throw new Error('it cannot be handled');
          handled.push(keyOf(change));
        });
      await expect(running).rejects.toBeInstanceOf(HandlerError);
      const total = (await bed().messages()).length;
      const rest = await bed().take({ group: 'no-hook', from: 'earliest' }, ({ length }) => length === total - 20);
      expect(new Set([...handled, ...rest.map(keyOf)]).size).toBe(total);
    });

    test('a graceful end commits: the next subscription of the group begins with the next change', async () => {
      const total = (await bed().messages()).length;
      const first = await bed().take({ group: 'graceful', from: 'earliest' }, ({ length }) => length === 37);
      expect(first.length).toBe(37);
      const rest = await bed().take({ group: 'graceful', from: 'earliest' }, ({ length }) => length === total - 37);
      expect(new Set([...first, ...rest].map(keyOf)).size).toBe(total);
    });

    test('a loop that is left with break gets its last change again, and no other', async () => {
      const first: string[] = [];
      for await (const change of bed().open({ group: 'break', from: 'earliest' })) {
        first.push(keyOf(change));
        if (first.length === 10) break;
      }
      const [again] = await bed().take({ group: 'break', from: 'earliest' }, () => true);
      // kafkajs may begin with another partition, but none of those that were handled comes.
      expect(first.slice(0, -1)).not.toContain(keyOf(again!));
      const total = (await bed().messages()).length;
      const rest = await bed().take({ group: 'break', from: 'earliest' }, ({ length }) => length === total - 10);
      expect(new Set([...first, keyOf(again!), ...rest.map(keyOf)]).size).toBe(total);
    });
  });
}
