import { describe, expect, test } from 'vitest';
import { OURS, openWaits, SideFailedError } from './waits.ts';

const NEVER = () => new Promise<number>(() => {});

describe('a wait of a row', () => {
  test('that exceeds its limit fails with the side and what was waited for, and aborts the work', async () => {
    const { within, underWay } = openWaits();
    let aborted: unknown;
    const wait = within({ side: 'kcat', what: 'the topic is written', limitMs: 20 }, (signal) => {
      signal.addEventListener('abort', () => {
        aborted = signal.reason;
      });
      return NEVER();
    });
    expect(underWay()).toBe('the peer kcat: the topic is written');
    await expect(wait).rejects.toThrow('the peer kcat: the topic is written: not done within 0.02 s');
    expect(aborted).toBeInstanceOf(SideFailedError);
    expect(underWay()).toBe('');
  });

  test('whose work fails says which side failed, and why', async () => {
    const { within } = openWaits();
    const wait = within({ side: OURS, what: 'turn 1', limitMs: 60_000 }, async () => {
      throw new Error('the disk is full');
    });
    await expect(wait).rejects.toThrow('our side: turn 1: the disk is full');
  });

  test('inside another one keeps the inner message', async () => {
    const { within } = openWaits();
    const outer = within({ side: OURS, what: 'turn 1', limitMs: 60_000 }, () =>
      within({ side: 'kafkajs', what: 'it joins its group', limitMs: 20 }, NEVER),
    );
    await expect(outer).rejects.toThrow(/^the peer kafkajs: it joins its group: not done within 0.02 s$/);
  });
});
