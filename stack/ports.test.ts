import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { assertPortFree, PortTakenError } from './port-free.mjs';
import { steadyPorts } from './ports.ts';

test('a taken port is named with its part, the way to see who holds it, and the setting', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;

  const check = assertPortFree('Kafka', port, 'STACK_KAFKA_PORT');
  await expect(check).rejects.toThrow(PortTakenError);
  await expect(check).rejects.toThrow(`Kafka cannot start: port ${port} on 127.0.0.1 is taken`);
  await expect(check).rejects.toThrow(`lsof -nP -iTCP:${port} -sTCP:LISTEN`);
  await expect(check).rejects.toThrow('STACK_KAFKA_PORT');

  holder.close();
  await once(holder, 'close');
  await expect(assertPortFree('Kafka', port, 'STACK_KAFKA_PORT')).resolves.toBeUndefined();
});

test('ports for servers that start again are free, differ, and lie below those of outgoing connections', async () => {
  const ports = await steadyPorts(9);
  expect(new Set(ports).size).toBe(9);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  for (const port of ports) await expect(assertPortFree('Kafka', port)).resolves.toBeUndefined();
});

test('two workers of the tests draw ports from parts of the range that do not overlap', async () => {
  const drawn = async (worker: string) => {
    vi.stubEnv('VITEST_POOL_ID', worker);
    try {
      return await steadyPorts(100);
    } finally {
      vi.unstubAllEnvs();
    }
  };
  expect(Math.max(...(await drawn('7')))).toBeLessThan(Math.min(...(await drawn('8'))));
});
