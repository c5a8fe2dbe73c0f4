import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertsOf, startStandIn } from 'alerter/testing/stand-ins';
import { enrichedRecord } from 'qcc-alerts/testing/changes';
import { TOPICS } from 'qcc-core/contract/topics';
import { expect, test, vi } from 'vitest';
import { runChild } from '../../stack/child.ts';
import { findJava } from '../../stack/java.mjs';
import { fetchKafka, startKafka } from '../../stack/kafka.ts';
import { ROOT } from '../../stack/places.ts';
import { steadyPort } from '../../stack/ports.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { makeKafkaDoors } from '../harness/kafka-doors.ts';
import { PATIENCE } from '../harness/patience.ts';
import { followState, openBed, startAlerter } from './alerter-bed.ts';
import { produce, readTopic } from './topic-reader.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const RULES = `
targets: { team: { kind: webhook } }
rules: [{ name: r, portfolio: customers, fields: [changeId], to: [team] }]
`;

test('with the rights of deploy/kafka/alerter-acls.sh the alerter decides and sends, and without them it does not start', {
  tags: 'whole',
  timeout: 900_000,
}, async () => {
  await using folder = await makeTemporaryFolder('qcc-acls-');
  const { doors, listeners } = await makeKafkaDoors(folder.path);
  await using broker = await startKafka(
    {
      dir: join(folder.path, 'kafka'),
      port: await steadyPort(),
      logFile: join(folder.path, 'kafka.log'),
    },
    {
      secure: {
        ...listeners,
        properties: {
          ...listeners.properties,
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          // The broker itself, and this test.
          'super.users': 'User:ANONYMOUS',
        },
      },
    },
  );
  const bed = await openBed({ KAFKA_BROKERS: broker.brokers });
  await bed.loadPortfolio([{ member: 'm', name: '甲有限公司' }]);
  await using webhook = await startStandIn('webhook', { secret: SECRET });
  await using state = await followState(bed);
  const logFile = join(folder.path, 'log');
  const start = () =>
    startAlerter({
      logFile,
      env: {
        ...bed.kafkaEnv,
        KAFKA_BROKERS: doors.sasl,
        KAFKA_TOPICS: 'check',
        KAFKA_SSL_CA_FILE: doors.caFile,
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: doors.plain.username,
        KAFKA_SASL_PASSWORD: doors.plain.password,
        ALERT_RULES: RULES,
        ALERT_SECRETS: JSON.stringify({ team: { url: webhook.url, secret: SECRET } }),
        ALERT_HOSTS: '127.0.0.1',
        ALERT_ALLOW_PLAINTEXT: 'true',
        ADMIN_PORT: '0',
      },
    });
  {
    await using withoutRights = start();
    expect(await withoutRights.ended).toBe(1);
    await vi.waitFor(() => expect(readFileSync(logFile, 'utf8')).toMatch(/topic authorization failed/i), PATIENCE);
  }

  const tool = join(folder.path, 'kafka-acls.sh');
  const [java, jars] = await Promise.all([findJava(), fetchKafka()]);
  writeFileSync(tool, `#!/bin/sh\nexec '${java}' -cp '${jars}/*' org.apache.kafka.tools.AclCommand "$@"\n`);
  chmodSync(tool, 0o700);
  await runChild('sh', [join(ROOT, 'deploy/kafka/alerter-acls.sh')], {
    env: {
      ...process.env,
      ...{ BOOTSTRAP: broker.brokers, PREFIX: bed.prefix, KAFKA_ACLS: tool },
      PRINCIPAL: `User:${doors.plain.username}`,
    },
  });

  await using _ = start();
  await state.started();
  const change = (id: string) => enrichedRecord({ id, corpKeyNo: id, corpName: '甲有限公司', pushDate: Date.now() });
  await bed.send([change('a'), change('b'), change('c')]);
  const sent = () => webhook.received.flatMap((each) => alertsOf(each).map(({ fields }) => fields.changeId!)).sort();
  await vi.waitFor(() => expect(sent()).toEqual(['a', 'b', 'c']), PATIENCE);
  // It also writes dead letters: of a message that does not decode.
  await using deadLetters = await readTopic(bed.kafka, bed.prefix, TOPICS.deadLetters);
  await produce(bed.kafka, bed.prefix, [{ topic: TOPICS.enrichedRecords, key: 'k', value: Buffer.from('?') }]);
  await vi.waitFor(() => expect(deadLetters.messages).toHaveLength(1), PATIENCE);
});
