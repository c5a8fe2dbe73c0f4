import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test, vi } from 'vitest';
import { connectKafka } from './connect-kafka.ts';

test('the log of the Kafka client goes to standard error, so that standard output can be piped', async () => {
  await using registry = await startLoopbackServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"id":1}');
  });
  const { kafka } = await connectKafka({ env: { SCHEMA_REGISTRY_URL: registry.url }, watch: () => {} });
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    kafka.logger().error('the group is broken');
    expect(write.mock.calls.join()).toContain('"msg":"the group is broken"');
  } finally {
    write.mockRestore();
  }
});
