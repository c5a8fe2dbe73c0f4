/**
 * Makes kafkajs 2.2.4 release a response once it is read. kafkajs keeps the remaining bytes, usually none, as a view of the whole
 * response. So a fetch of 24 MiB would stay in memory until the next response, which would then be copied to join it with the view.
 * Importing this file is enough.
 */
import { fastPaths } from './fast-paths.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

type Connection = { prototype: { processData(this: { bytesBuffered: number; chunks: Buffer[] }, data: Buffer): void } };

const { prototype } = kafkaJsModule<Connection>('network/connection.js');
const { processData } = prototype;
requireShape('Connection.processData', processData, ['this.chunks', 'this.bytesBuffered']);
prototype.processData = function processAndRelease(data) {
  processData.call(this, data);
  if (fastPaths.on && this.bytesBuffered === 0) this.chunks = [];
};
