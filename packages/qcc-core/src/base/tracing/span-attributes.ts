/**
 * The closed list of what spans say. The names of the first group are OpenTelemetry's (semantic conventions for messaging, HTTP,
 * databases and errors, v1.45). A value is a name, a number or a code: never a link, a key, a company or a person. So `url.full`
 * is missing, although the conventions for HTTP clients ask for it: QCC's URLs hold the key, and links are signed.
 */
export const SPAN_ATTRIBUTES = {
  messagingSystem: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  consumerGroup: 'messaging.consumer.group.name',
  messageCount: 'messaging.batch.message_count',
  offset: 'messaging.kafka.offset',
  httpMethod: 'http.request.method',
  httpStatus: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  dbSystem: 'db.system.name',
  dbNamespace: 'db.namespace',
  dbOperation: 'db.operation.name',
  dbTable: 'db.collection.name',
  dbRows: 'db.operation.batch.size',
  errorType: 'error.type',

  account: 'qcc.account',
  orderNo: 'qcc.order_no',
  revision: 'qcc.revision',
  source: 'qcc.source',
  endpoint: 'qcc.endpoint',
  outcome: 'qcc.outcome',
  archiveBytes: 'qcc.archive.bytes',
  records: 'qcc.archive.records',
  rejected: 'qcc.archive.rejected',
  position: 'qcc.position',
} as const;

/** By the keys of `SPAN_ATTRIBUTES`; undefined ones are left out. */
export type SpanAttributes = { [Key in keyof typeof SPAN_ATTRIBUTES]?: string | number | undefined };

/** Under their names, as the SDK takes them. */
export const namedAttributes = (attributes: SpanAttributes): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [[SPAN_ATTRIBUTES[key as keyof SpanAttributes], value]],
    ),
  );

/** What every span of an order says. */
export const orderAttributes = (order: { account: string; orderNo: string; revision?: number }): SpanAttributes => ({
  account: order.account,
  orderNo: order.orderNo,
  revision: order.revision,
});
