import { alerter } from 'alerter/compose';
import { archiveExtractor } from 'archive-extractor/compose';
import { callbackGateway } from 'callback-gateway/compose';
import { detailEnricher } from 'detail-enricher/compose';
import type { SettingName } from 'qcc-core/base/settings';
import { sink } from 'sink/compose';
import type { AnyServiceName } from './run-services.ts';

const DEFINITIONS = [callbackGateway, archiveExtractor(), detailEnricher, sink];

/** The settings that the composition of a service names. Each service also reads COMMON_SETTINGS (Kafka and the registry). */
export const settingsOf = (service: AnyServiceName): readonly SettingName[] =>
  [...DEFINITIONS, alerter].flatMap(({ name, settings }) => (name === service ? [...settings] : []));

/** The settings of all four services, without COMMON_SETTINGS. */
export const SERVICE_SETTINGS: readonly SettingName[] = [
  ...new Set<SettingName>(DEFINITIONS.flatMap(({ settings }) => [...settings])),
];

/** The settings of the alerter, without COMMON_SETTINGS. */
export const ALERTER_SETTINGS: readonly SettingName[] = alerter.settings;
