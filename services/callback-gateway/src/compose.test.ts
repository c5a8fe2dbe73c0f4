import { serveAccounts } from 'qcc-core/service/serve-accounts';
import { startSilentServer } from 'qcc-core/testing/loopback-server';
import { expect, test, vi } from 'vitest';
import { callbackGateway } from './compose.ts';

test('while Kafka does not answer, so that order-state cannot be read, a callback is answered and not refused', async () => {
  await using resources = new AsyncDisposableStack();
  const opened = Promise.withResolvers<number>();
  const gateway: typeof callbackGateway = {
    ...callbackGateway,
    async open(context) {
      const shared = await callbackGateway.open!(context);
      opened.resolve(shared.server.port);
      return shared;
    },
  };
  let serving: Promise<void>;
  {
    // Takes connections, as a frozen broker does.
    await using kafka = await startSilentServer();
    serving = serveAccounts(gateway, {
      env: {
        KAFKA_BROKERS: `127.0.0.1:${kafka.port}`,
        SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
        QCC_KEY: 'AppKey',
        QCC_SECRET_KEY: 'secret',
        SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: '0',
        ADMIN_PORT: '0',
        LOG_LEVEL: 'fatal',
      },
      signal: new AbortController().signal,
      resources,
      onLog: () => {},
    });
    // It fails in the end, and is awaited below.
    serving.catch(opened.reject);
    const port = await opened.promise;
    await vi.waitFor(() => expect(kafka.connections()).toBeGreaterThan(0), { timeout: 30_000 });
    const response = await fetch(`http://127.0.0.1:${port}/qcc/callback?key=AppKey&orderNo=DD1`);
    expect([response.status, await response.json()]).toEqual([503, { status: '503', msg: '服务暂不可用，请稍后重试' }]);
  }
  await expect(serving).rejects.toThrow('no Kafka broker answers');
});
