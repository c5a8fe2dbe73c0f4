/** The reader of pages, for services: they do not import what depends on the release of kafkajs. */
export { openPageReader, type PageReader } from '../kafkajs-2.2.4/read-page.ts';
