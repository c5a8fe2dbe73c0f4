import { readFile } from 'node:fs/promises';
import { describe, expect, inject, test } from 'vitest';
import type { SubscribeOptions } from '../../../packages/qcc-subscriber/src/options.ts';
import { createAuthority } from '../../harness/certificates.ts';
import { openTlsDoor } from '../../harness/tls-door.ts';
import { IS_WHOLE, keyOf, type SubscriberBed } from './bed.ts';

const LOGINS = [
  ['SCRAM-SHA-512', 'scram', 'scram-sha-512'],
  ['a password by PLAIN', 'plain', 'plain'],
  ["the client's certificate", 'mutual', null],
] as const;
const LOGIN = { username: 'carol', password: 'carol-of-the-test' };

/** TLS and logins at Kafka, registry and ClickHouse, each with an authority that the system does not know. */
export function testTransport(bed: () => SubscriberBed): void {
  const doors = inject('kafkaDoors');
  // A stack that was not started by this run has no doors with TLS.
  describe.skipIf(doors === null)('over TLS', () => {
    test.each(IS_WHOLE ? LOGINS : LOGINS.slice(0, 1))(
      'a subscriber with %s reads the state and goes on',
      async (_, door, mechanism) => {
        await using opened = new AsyncDisposableStack();
        const authority = await createAuthority('terminator');
        const certificate = await authority.issue({ commonName: 'localhost', hosts: ['localhost'] });
        const { SCHEMA_REGISTRY_URL, CLICKHOUSE_URL } = bed().pipeline.stack;
        const [registry, clickhouse] = await Promise.all(
          [SCHEMA_REGISTRY_URL, CLICKHOUSE_URL].map((target) => openTlsDoor({ certificate, login: LOGIN, target })),
        );
        opened.use(registry!);
        opened.use(clickhouse!);
        const [ca, cert, key] = await Promise.all(
          [doors!.caFile, doors!.certFile, doors!.keyFile].map((file) => readFile(file, 'utf8')),
        );
        const kafka: SubscribeOptions['kafka'] =
          door === 'mutual'
            ? { brokers: [doors!.mutual], ssl: { ca: ca!, cert: cert!, key: key! } }
            : { brokers: [doors!.sasl], ssl: { ca: ca! }, sasl: { mechanism: mechanism!, ...doors![door] } };
        const options = {
          group: `tls-${door}`,
          from: 'history' as const,
          versions: 'all' as const,
          kafka: { ...kafka, sessionTimeoutMs: 6_000 },
          registry: {
            url: `https://localhost:${registry!.port}${new URL(SCHEMA_REGISTRY_URL).pathname}`,
            ca: authority.certificate,
            ...LOGIN,
          },
          clickhouse: {
            url: `https://localhost:${clickhouse!.port}`,
            database: bed().pipeline.database,
            ca: authority.certificate,
            ...LOGIN,
          },
        };
        const state = await bed().currentState();
        const [template] = await bed().messages();
        let published: Promise<void> | undefined;
        const changes = await bed().take(options, (taken) => {
          // Now the group has decided where it begins.
          if (taken.length === state.length)
            published = bed().publish([{ key: template!.key, value: template!.value, headers: { marker: door } }]);
          return taken.at(-1)?.delivery.headers.marker === door;
        });
        await published;
        const ofHistory = changes.filter(({ delivery }) => delivery.from === 'history');
        expect(ofHistory.map(keyOf).sort()).toEqual(state);
        expect(changes.at(-1)?.delivery.from).toBe('topic');
      },
    );
  });
}
