import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const GATEWAY = ['callback-gateway'] as const;
const EXTRACTOR = ['archive-extractor'] as const;
const ENRICHER = ['detail-enricher'] as const;
const SINK = ['sink'] as const;
const ALERTER = ['alerter'] as const;
const CONSUMERS = [...EXTRACTOR, ...ENRICHER, ...SINK, ...ALERTER] as const;

/**
 * The closed list of metrics, each with the services that have it. `docs/metrics.md` is generated from it; every series carries
 * `service`, and `account` unless it is of all accounts of a process together.
 */
export const METRICS = {
  callbacks: counter(GATEWAY, 'qcc_callbacks_total', 'Callbacks by response.', ['outcome']),
  callbackOddities: counter(
    GATEWAY,
    'qcc_callback_oddities_total',
    'Callbacks that are odd in something other than key and orderNo.',
    ['oddity'],
  ),
  reconcilePasses: counter(GATEWAY, 'qcc_reconcile_passes_total', 'Comparisons with listLatestOrderNo.', ['outcome']),
  reconcileOrders: counter(
    GATEWAY,
    'qcc_reconcile_orders_total',
    'Orders that reconcile had to fetch: their callbacks were lost.',
    [],
  ),
  polling: gauge(GATEWAY, 'qcc_polling', '1 while this instance is the one that compares orders with QCC.', []),
  activations: counter(GATEWAY, 'qcc_activations_total', 'Activations of a paused callback, by result.', ['outcome']),
  openGaps: gauge(
    GATEWAY,
    'qcc_open_gaps',
    'Gaps in the coverage that no person has closed; of the instance that polls.',
    [],
  ),
  listBlocked: gauge(
    GATEWAY,
    'qcc_list_blocked',
    '1 while QCC is not asked for its list of orders, by the code that forbids it. Orders with a lost callback are not found meanwhile. Alert on it: somebody has to fix the account, except after the daily limits 109 and 116.',
    ['reason'],
  ),
  listOddities: counter(
    GATEWAY,
    'qcc_list_oddities_total',
    'Odd rows of listLatestOrderNo, each time that they are listed: `no_number` and `no_object` name no order and are a gap in the coverage; an order with `no_date` is fetched all the same; `too_many_rows` is a list with more than 100 rows, of which only the first 100 are read.',
    ['oddity'],
  ),
  ordersBeforeHorizon: gauge(
    GATEWAY,
    'qcc_orders_before_horizon',
    'How many orders may still come before the oldest unfetched one falls off the last thirty.',
    [],
  ),
  qccCalls: counter(
    [...GATEWAY, ...EXTRACTOR, ...ENRICHER],
    'qcc_calls_total',
    "Calls of QCC's endpoints by what came back; codes that neither its document nor HTTP names are `unknown`.",
    ['endpoint', 'outcome'],
  ),
  qccCallSeconds: histogram(
    [...GATEWAY, ...EXTRACTOR, ...ENRICHER],
    'qcc_call_seconds',
    "Duration of calls of QCC's endpoints.",
    ['endpoint'],
    [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ),
  unknownResponseFields: counter(
    [...GATEWAY, ...EXTRACTOR, ...ENRICHER],
    'qcc_unknown_response_fields_total',
    "Fields around the rows of QCC's responses and around the records of its archives (endpoint `archive`) that its document does not name, each time that they come. The log has each name once.",
    ['endpoint'],
  ),
  ordersExtracted: counter(EXTRACTOR, 'qcc_orders_extracted_total', 'Orders by how extraction ended.', ['outcome']),
  recordsPublished: counter(EXTRACTOR, 'qcc_records_published_total', 'Records published on the topic records.', []),
  recordsRejected: counter(
    EXTRACTOR,
    'qcc_records_rejected_total',
    'Records of archives that became dead letters, by reason: they cannot be read, are too large, or Kafka refuses them. Records of a part that is published again after a failure count again.',
    ['reason'],
  ),
  unknownCodes: counter(
    EXTRACTOR,
    'qcc_unknown_codes_total',
    'Records whose type or category the document does not know.',
    ['field'],
  ),
  archiveBytes: counter(
    EXTRACTOR,
    'qcc_archive_bytes_total',
    'Bytes of encrypted archives that could be read, counted each time that the extractor is about to publish one. Archives from the evidence store count too; refused archives do not, nor do those that only confirm an order.',
    [],
  ),
  evidenceSeconds: histogram(
    [...EXTRACTOR, ...ENRICHER],
    'qcc_evidence_seconds',
    'How long originals took until they were durable in the evidence store, waiting included.',
    ['kind'],
    [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
  ),
  enriched: counter(ENRICHER, 'qcc_enriched_records_total', 'Versions published on enriched-records.', ['status']),
  pendingDetails: gauge(ENRICHER, 'qcc_pending_details', 'Records of this instance that wait for details.', []),
  detailGate: gauge(ENRICHER, 'qcc_detail_gate_closed', '1 while this instance may not make detail calls, by reason.', [
    'reason',
  ]),
  detailBudgetLeft: gauge(
    ENRICHER,
    'qcc_detail_budget_left',
    "Detail calls that this instance's share of the daily budget still allows today.",
    [],
  ),
  detailCache: counter(ENRICHER, 'qcc_detail_cache_total', 'Lookups of details in the cache.', ['result']),
  detailValuesUnparsed: counter(
    ENRICHER,
    'qcc_detail_values_unparsed_total',
    'Dates and amounts of details that QCC sent in a form that cannot be read: the value is null, and the text is next to it. Counted for each call that QCC answered, not for replays.',
    ['endpoint', 'field'],
  ),
  detailRowsOdd: counter(
    ENRICHER,
    'qcc_detail_rows_odd_total',
    'Rows of details that were left out because they cannot be read, such as a debtor without an id.',
    ['endpoint'],
  ),
  detailListsIncomplete: counter(
    ENRICHER,
    'qcc_detail_lists_incomplete_total',
    'Lists of details that may lack rows that QCC has, by reason: INCOMPLETE_TOTAL, REPEATED_PAGE, TOO_MANY_PAGES or ODD_ROWS.',
    ['endpoint', 'reason'],
  ),
  rowsInserted: counter(SINK, 'qcc_rows_inserted_total', 'Rows inserted into ClickHouse.', ['table']),
  truncatedDetails: counter(
    SINK,
    'qcc_truncated_details_total',
    'Messages whose details were too large for their topic, by whether the sink has them from the evidence store: restored or missing. Alert on missing.',
    ['outcome'],
  ),
  ordersIncomplete: gauge(
    SINK,
    'qcc_orders_incomplete',
    'Orders in the ledger that are neither COMPLETE nor closed by a person, by status, as of the last check (every 30 s); each instance of the sink says the same. Alert on INCOMPLETE and FAILED.',
    ['status'],
  ),
  ordersStalled: gauge(
    SINK,
    'qcc_orders_stalled',
    'Orders that made no progress for two minutes, and whose predecessors made none either, by status, among the 1,000 oldest of each; /readyz of the sink names them. After ORDER_DEADLINE_MS such an order is INCOMPLETE (OVERDUE) and counts in `qcc_orders_incomplete` instead. Each instance of the sink says the same. Alert if it is above 0 while the other services are ready.',
    ['status'],
  ),
  consumerLag: gauge(
    CONSUMERS,
    'qcc_consumer_lag',
    'Messages that the consumer group of this service has not committed yet, by topic, read every 15 s. Transaction markers count, so an idle topic may show a few. Each instance says the same, for the whole group.',
    ['topic'],
  ),
  derivedLag: gauge(
    SINK,
    'qcc_derived_lag',
    'Messages of enriched-records that are not yet in the tables for analysts, read every 15 s. Transaction markers count, so an idle topic may show a few. While records are stored, these tables wait for up to five seconds. Each instance reports the same value. Alert if it grows for minutes while `qcc_consumer_lag` does not.',
    ['topic'],
  ),
  lastOrder: gauge(
    SINK,
    'qcc_last_order_timestamp_seconds',
    'Unix time in seconds at which the newest order was first received. The sink checks every 30 s. Replays do not count. The series is missing until the first order arrives. Alert if no order has arrived for longer than the usual interval between pushes.',
    [],
  ),
  lastCompleteOrder: gauge(
    SINK,
    'qcc_last_complete_order_timestamp_seconds',
    'Unix time in seconds at which the newest complete order was first received: `record_history` and `records` hold everything of it. The sink checks every 30 s, and each instance says the same. Replays do not count. The series is missing until the first order is complete. If it stays behind `qcc_last_order_timestamp_seconds`, the newest orders are not complete.',
    [],
  ),
  orderSeconds: histogram(
    SINK,
    'qcc_order_seconds',
    'Time from the first receipt of an order, by callback or reconcile, until it is complete: every row is stored, with its details. Each order counts once in a process, within 30 s after it is complete. Replays do not count, nor do orders that became complete while no sink ran. If a record of an old order is stored again after a restart, the order may count again. Each instance of the sink reports the same orders: take the quantiles of one, or of all together, but do not add up the counts.',
    [],
    [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400],
  ),
  deadLetters: counter(
    CONSUMERS,
    'qcc_dead_letters_total',
    'Dead letters written, by reason. If a service repeats work after a failure, the dead letters of this work may count again.',
    ['reason'],
  ),
  batchSeconds: histogram(
    SINK,
    'qcc_batch_seconds',
    'Duration of one batch of a consumer.',
    ['topic'],
    [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
  ),
  alerts: counter(
    ALERTER,
    'qcc_alerts_total',
    'Alerts that were decided, by rule; one that goes to several targets counts once.',
    ['rule'],
  ),
  alertMessages: counter(
    ALERTER,
    'qcc_alert_messages_total',
    'Attempts to send a message to a target, by result: `delivered`, `limited` (the limit of the target), `failed`, `refused` and `given_up`. The last two make dead letters. The last attempt before a message is given up counts twice: as `limited` or `failed`, and as `given_up`. Dead letters of a target that was removed from the rules do not count. Alert on `refused` and `given_up`, and on `qcc_dead_letters_total` with the reason ALERT_UNDELIVERED.',
    ['target', 'outcome'],
  ),
  alertsWaiting: gauge(
    ALERTER,
    'qcc_alerts_waiting',
    'Alerts that wait for a target, those of quiet hours and digests included. Of the one instance that sends.',
    ['target'],
  ),
  alertTargetDown: gauge(
    ALERTER,
    'qcc_alert_target_failing_seconds',
    'How long the message on its way to a target has been tried without success, as of the last attempt; 0 if no message is on its way. Alert if it exceeds a few minutes.',
    ['target'],
  ),
  ready: gauge([...GATEWAY, ...CONSUMERS], 'qcc_ready', '1 while the service is ready.', []),
} as const;

type Services = readonly string[];
type Definition = {
  by: Services;
  kind: 'counter' | 'gauge' | 'histogram';
  name: string;
  help: string;
  labels: readonly string[];
  buckets?: number[];
};
function counter<const Labels extends readonly string[]>(by: Services, name: string, help: string, labels: Labels) {
  return { by, kind: 'counter', name, help, labels } as const;
}
function gauge<const Labels extends readonly string[]>(by: Services, name: string, help: string, labels: Labels) {
  return { by, kind: 'gauge', name, help, labels } as const;
}
function histogram<const Labels extends readonly string[]>(
  by: Services,
  name: string,
  help: string,
  labels: Labels,
  buckets: number[],
) {
  return { by, kind: 'histogram', name, help, labels, buckets } as const;
}

type LabelsOf<D extends { labels: readonly string[] }> = D['labels'][number];
type Instrument<D extends { kind: string; labels: readonly string[] }> = D['kind'] extends 'counter'
  ? Counter<LabelsOf<D>>
  : D['kind'] extends 'gauge'
    ? Gauge<LabelsOf<D>>
    : Histogram<LabelsOf<D>>;

export type Metrics = { [Key in keyof typeof METRICS]: Instrument<(typeof METRICS)[Key]> } & { registry: Registry };

/**
 * Creates the instruments of one service for one account, or for all of its accounts together if none is named. Only the metrics that
 * the service has according to `METRICS` are exported; the others accept values without effect. A gauge without labels is exported
 * after its first value, because nothing is known before. `processMetrics` adds Node's own (memory, event loop, garbage collection).
 */
export function createMetrics(input: { service: string; account?: string; processMetrics?: boolean }): Metrics {
  const registry = new Registry();
  const { service, account } = input;
  registry.setDefaultLabels(account === undefined ? { service } : { service, account });
  if (input.processMetrics) collectDefaultMetrics({ register: registry });
  // Counters and histograms without labels are 0 from the start. Without an account, this would state a count of all accounts.
  const isExported = ({ by, kind, labels }: Definition) =>
    by.includes(service) && (account !== undefined || kind === 'gauge' || labels.length > 0);
  const create = (definition: Definition) => {
    const config = {
      name: definition.name,
      help: definition.help,
      labelNames: definition.labels,
      registers: isExported(definition) ? [registry] : [],
    };
    switch (definition.kind) {
      case 'counter':
        return new Counter(config);
      case 'gauge': {
        const gauge = new Gauge(config);
        if (definition.labels.length === 0) gauge.remove();
        return gauge;
      }
      case 'histogram':
        return new Histogram(definition.buckets ? { ...config, buckets: definition.buckets } : config);
    }
  };
  const instruments = Object.fromEntries(Object.entries(METRICS).map(([key, definition]) => [key, create(definition)]));
  return { ...instruments, registry } as Metrics;
}

/** Returns the text that Prometheus scrapes, and its content type. The series of a metric form one family, as the format requires. */
export async function scrape(
  all: readonly Pick<Metrics, 'registry'>[],
): Promise<{ text: string; contentType: string }> {
  const families = new Map<string, string[]>();
  for (const { registry } of all) {
    for (const { name } of registry.getMetricsAsArray()) {
      const [help = '', type = '', ...series] = (await registry.getSingleMetricAsString(name)).split('\n');
      const lines = families.get(name) ?? [help, type];
      lines.push(...series);
      families.set(name, lines);
    }
  }
  const text = [...families.values()].map((lines) => `${lines.join('\n')}\n`).join('\n');
  return { text, contentType: all[0]?.registry.contentType ?? Registry.PROMETHEUS_CONTENT_TYPE };
}
