import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TOPICS } from 'qcc-core/contract/topics';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { openSink } from './sink-bed.ts';
import { produce } from './topic-reader.ts';

/** Erasures while other parts are at work. The tests build on one another. */
const BY = ['--who', 'data protection officer', '--why', 'request 21', '--yes'];
const ERASURE_KEY = randomBytes(32).toString('base64');

describe('an erasure', { tags: 'whole' }, () => {
  let opened: Awaited<ReturnType<typeof openSink>>;
  let file: string;
  const qcc = (...args: string[]) => runQcc(opened.bed.env, args);

  beforeAll(async () => {
    opened = await openSink({ ERASURE_KEY });
    file = join(opened.bed.folder, 'customers.csv');
    await writeFile(file, '企业名称\n示例商行\n');
  });
  afterAll(() => opened?.[Symbol.asyncDispose]());

  test('of a company that the sink has not derived yet takes its customer, too, and waits for that', async () => {
    const { bed, fleet, send, messagesOn, startSink } = opened;
    expect(await qcc('portfolio', 'load', file)).toMatchObject({ exitCode: 0, err: '' });
    await fleet.stopAll();
    await send(0, { corpKeyNo: 'k1', corpName: '示例商行' });

    expect(await qcc('erase', '--company', 'k1', ...BY, '--wait', '2')).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/has not stored everything on its topics within 2 s.*nothing was erased/),
    });
    expect(await messagesOn(TOPICS.erasures)).toEqual([]);

    const erasing = qcc('erase', '--company', 'k1', ...BY, '--wait', '90');
    await startSink();
    expect(await erasing).toMatchObject({ exitCode: 0, out: expect.stringContaining('1 customers of portfolios') });
    expect(await bed.query('SELECT member FROM {{db}}.portfolio_members FINAL')).toEqual([]);
  });

  test('during a load of customers makes the load fail, which says what to do', async () => {
    const { bed, fleet, kafka, codec, messagesOn, startSink } = opened;
    await fleet.stopAll();
    const before = (await messagesOn(TOPICS.portfolio)).length;
    const loading = qcc('portfolio', 'load', file, '--wait', '90');
    await vi.waitFor(async () => expect((await messagesOn(TOPICS.portfolio)).length).toBeGreaterThan(before), PATIENCE);
    const subject = { account: 'main', company: undefined, person: '张三' };
    const erasure = { ...createErasureKey(ERASURE_KEY).describe(subject), at: Date.now(), reason: 'r', decidedBy: 'd' };
    const message = { key: `main|${erasure.id}`, value: codec.encode('erasures', erasure) };
    await produce(kafka, bed.prefix, [{ topic: TOPICS.erasures, ...message }]);
    await startSink();
    expect(await loading).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/something was erased while this ran.*run `npx qcc erase` for the same subject again/),
    });
    expect(await qcc('portfolio', 'load', file)).toMatchObject({ exitCode: 0, err: '' });
  });
});
