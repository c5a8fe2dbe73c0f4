import { alerter } from 'alerter/compose';
import { archiveExtractor } from 'archive-extractor/compose';
import { callbackGateway } from 'callback-gateway/compose';
import { detailEnricher } from 'detail-enricher/compose';
import type { SettingName } from 'qcc-core/base/settings';
import { sink } from 'sink/compose';
import type { AnyServiceName } from './run-services.ts';

const DEFINITIONS = [callbackGateway, archiveExtractor(), detailEnricher, sink];

/** What a service reads beside Kafka's and the registry's settings, as its composition names it. */
export const settingsOf = (service: AnyServiceName): readonly SettingName[] =>
  [...DEFINITIONS, alerter].flatMap(({ name, settings }) => (name === service ? [...settings] : []));

/** What the four services read, beside the same. */
export const SERVICE_SETTINGS: readonly SettingName[] = [
  ...new Set<SettingName>(DEFINITIONS.flatMap(({ settings }) => [...settings])),
];

/** What the alerter reads beside them, if it is on. */
export const ALERTER_SETTINGS: readonly SettingName[] = alerter.settings;
