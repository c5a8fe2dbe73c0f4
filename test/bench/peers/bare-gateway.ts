/**
 * The gateway that one would write in an afternoon: node:http and a kafkajs producer, one `send` for each callback. It answers after
 * acks=all. It sends the same message to the same kind of topic, but with link and password in clear. It has no facts, log, metrics or
 * deadline. It sends its port to its parent process.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Partitioners } from 'kafkajs';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';

const settings = readSettings(process.env, [...COMMON_SETTINGS, 'ACCOUNT', 'QCC_KEY', 'CALLBACK_PATH']);
const kafka = createKafka({ settings, clientId: 'bare-gateway', logCreator: () => () => {} });
await ensureTopics(kafka, settings);
const codec = await connectCodec(settings);
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
const topic = topicName(settings.TOPIC_PREFIX, TOPICS.orders);

const server = createServer(async (request, response) => {
  const answer = (status: number, msg: string) =>
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify({ status: String(status), msg }));
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://gateway');
  const orderNo = searchParams.get('orderNo');
  if (request.method !== 'GET' || pathname !== settings.CALLBACK_PATH) return answer(404, '接口不存在');
  if (searchParams.get('key') !== settings.QCC_KEY || !orderNo) return answer(403, 'key不正确');
  const value = codec.encode('orders', {
    account: settings.ACCOUNT,
    orderNo,
    source: 'callback',
    receivedAt: Date.now(),
    createDate: null,
    sealedDownloadUrl: searchParams.get('downloadUrl'),
    sealedUnzipPassword: searchParams.get('unzipPassword'),
    downloadUrlExpiredTime: parseShanghaiDateTime(searchParams.get('downloadUrlExpiredTime') ?? ''),
  });
  try {
    await producer.send({ topic, acks: -1, messages: [{ key: orderNo, value }] });
  } catch {
    return answer(503, '服务暂不可用，请稍后重试');
  }
  return answer(200, '成功');
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
