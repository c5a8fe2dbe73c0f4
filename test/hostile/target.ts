import { randomBytes } from 'node:crypto';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { steadyPort } from '../../stack/ports.ts';
import type { StackEnv } from '../../stack/stack.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/**
 * The four services under attack. Each secret in their environment has a unique value, so a secret that is found in a log or a table has
 * leaked.
 */
export type Target = Pipeline & {
  gatewayPort: number;
  /** Secret values by what they are; rows add what they send. */
  canaries: Map<string, string>;
  /** A host that downloads are allowed from, as QCC's file host is shared by its customers, in the attacker's hand. */
  forgedHost: {
    port: number;
    requests(): number;
    /** What it answers every request with from now on; null, as in the beginning, for 404. */
    serve(archive: Buffer | null): void;
  };
  /** What is wrong with the services: one has ended, or is not ready. Null when well. */
  damage(): Promise<string | null>;
};

/** Started once, by the first row that needs it. */
export type TargetOnDemand = AsyncDisposable & { open(): Promise<Target> };

export function createTarget(stack: StackEnv): TargetOnDemand {
  let opened: Promise<Target> | undefined;
  return {
    open() {
      opened ??= openTarget(stack);
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}

export const canary = (): string => `canary${randomBytes(12).toString('hex')}`;

async function openTarget(stack: StackEnv): Promise<Target> {
  await using opening = new AsyncDisposableStack();
  let requests = 0;
  let served: Buffer | null = null;
  const forged = opening.use(
    await startLoopbackServer((_request, response) => {
      requests += 1;
      response.writeHead(served ? 200 : 404).end(served);
    }),
  );
  const simulatorPort = await steadyPort();
  const [key, secretKey] = [canary(), canary()];
  const sealingKey = randomBytes(32).toString('base64');
  // Nobody asks for these here; the services read them all the same.
  const passwords = {
    SCHEMA_REGISTRY_PASSWORD: canary(),
    EVIDENCE_S3_SECRET_ACCESS_KEY: canary(),
  };
  const pipeline = opening.use(
    await startPipeline({
      stack,
      simulator: { seed: 'hostile', port: simulatorPort, key, secretKey },
      env: {
        ...passwords,
        SEALING_KEY: `1:${sealingKey}`,
        SCHEMA_REGISTRY_USERNAME: 'registry-user',
        QCC_DOWNLOAD_HOSTS: `127.0.0.1:${simulatorPort},127.0.0.1:${forged.port}`,
        TRUSTED_PROXIES: '127.0.0.1',
        QCC_TIMEOUT_MS: '1000',
        // Rows send more real orders at once than QCC lists; `invented-orders` has services of its own.
        UNCHECKED_ORDERS_PER_HOUR: '1000000',
        // Rows that send no callback at first send one themselves, and on a busy machine it must not count as lost before.
        CALLBACK_PATIENCE_MS: String(PATIENCE.timeout),
        LOG_LEVEL: 'debug',
      },
    }),
  );
  let ended: unknown = null;
  pipeline.services.failed.catch((error: unknown) => {
    ended = error;
  });
  const kept = opening.move();
  return {
    ...pipeline,
    gatewayPort: Number(pipeline.env.GATEWAY_PORT),
    canaries: new Map([
      ['QCC_KEY', key],
      ['QCC_SECRET_KEY', secretKey],
      ['SEALING_KEY', sealingKey],
      ...Object.entries(passwords),
    ]),
    forgedHost: {
      port: forged.port,
      requests: () => requests,
      serve(archive) {
        served = archive;
      },
    },
    async damage() {
      if (ended !== null) return String(ended);
      for (const [service, port] of Object.entries(pipeline.adminPorts)) {
        const page = await fetch(`http://127.0.0.1:${port}/readyz`);
        if (!page.ok) return `${service} is not ready: ${await page.text()}`;
      }
      return null;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
