import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assertPortFree, PortTakenError } from './port-free.mjs';
import { steadyPort, steadyPorts } from './ports.ts';

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

test('to draw a port does not hold those that were drawn before, not even for a moment', async () => {
  // If draws were random, about fifteen of so many would meet an earlier one.
  for (let round = 0; round < 500; round += 1) {
    const ports = await Promise.all([steadyPort(), steadyPort(), steadyPort()]);
    const draws = [steadyPort(), steadyPort(), steadyPort()];
    for (const port of ports) await expect(assertPortFree('Kafka', port)).resolves.toBeUndefined();
    await Promise.all(draws);
  }
});

test('no two processes draw the same port, even if one of them started the other', async () => {
  const drawn = await Promise.all([steadyPorts(200), drawInChild(200), drawInChild(200)]);
  expect(new Set(drawn.flat()).size).toBe(600);
});

async function drawInChild(count: number): Promise<number[]> {
  const module = join(import.meta.dirname, 'ports.ts');
  // It keeps its ports until it is killed.
  const script = `
    import { steadyPorts } from ${JSON.stringify(module)};
    process.send(await steadyPorts(${count}));
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [ports] = (await once(child, 'message')) as [number[]];
  return ports;
}
