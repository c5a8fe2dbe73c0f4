import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TOPICS } from 'qcc-core/contract/topics';
import { expect, test } from 'vitest';
import { runQcc } from '../harness/run-qcc.ts';
import { openSink } from './sink-bed.ts';

const BY = ['--who', 'data protection officer', '--why', 'request 21', '--yes'];

test('a company that the sink has not derived yet is erased with its customer, and not before', async () => {
  await using opened = await openSink({ ERASURE_KEY: randomBytes(32).toString('base64') });
  const { bed, fleet, send, messagesOn, startSink } = opened;
  const qcc = (...args: string[]) => runQcc(bed.env, args);
  const file = join(bed.folder, 'customers.csv');
  await writeFile(file, '企业名称\n示例商行\n');
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
