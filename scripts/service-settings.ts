import { archiveExtractor } from 'archive-extractor/compose';
import { callbackGateway } from 'callback-gateway/compose';
import { detailEnricher } from 'detail-enricher/compose';
import type { SettingName } from 'qcc-core/settings';
import { sink } from 'sink/compose';

/** What the four services read beside Kafka's and the registry's settings, as each one's composition names it. */
export const SERVICE_SETTINGS: readonly SettingName[] = [
  ...new Set<SettingName>(
    [callbackGateway, archiveExtractor(), detailEnricher, sink].flatMap(({ settings }) => [...settings]),
  ),
];
