/** The steps from an order to its archive, in the order in which they are taken, and the outcomes that they share. */
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order } from 'qcc-core/contract/domain';
import type { ChangeFile } from '../change-file.ts';
import type { ArchiveSource, Inspection } from '../inspect-archive.ts';
import type { SpoolFile } from './spool-folder.ts';

export type Link = {
  /** A secret, as is the password. */
  url: string;
  password: string;
  /** It is the callback's link, which no signed call has confirmed. */
  unconfirmed: boolean;
};

/** An archive as delivered, and what opens it. The hash is that of the encrypted archive. */
export type DeliveredArchive = { sha256: string; bytes: number; password: string; unconfirmed: boolean };

/** An archive in the spool that was read to its end, and the file of its changes. Disposing it removes both. */
export type InspectedArchive = AsyncDisposable & {
  source: ArchiveSource;
  inspection: Inspection;
  changes: ChangeFile;
  /** Of the encrypted archive as delivered. */
  sha256: string;
  bytes: number;
  unconfirmed: boolean;
};

/** The order gives no archive: the step that failed says why. */
export type Refused = {
  kind: 'refused';
  reason: DeadLetterReason;
  message: string;
  /** The link may be at fault, or a broken download: another try with a fresh link of QCC's own is worth it. */
  freshLinkMayHelp?: boolean;
  /** It may be QCC's trouble with every order. */
  mayPass?: boolean;
};

/** What each step makes of an order: something for the next step, or a refusal that ends the order. */
export type Linked = { kind: 'link'; link: Link };
export type Downloaded = { kind: 'downloaded'; delivered: DeliveredArchive };
export type Inspected = { kind: 'inspected'; archive: InspectedArchive };

/** `trustCallback: false` does not use the link from the callback, because an earlier try with it failed. */
export type AskLink = (
  order: Order,
  options: { trustCallback: boolean; signal: AbortSignal },
) => Promise<Linked | Refused>;

export type DownloadArchive = (
  input: { order: Order; link: Link; file: SpoolFile },
  signal: AbortSignal,
) => Promise<Downloaded | Refused>;

/** If the inspection succeeds, the inspected archive owns the file. */
export type InspectDelivered = (
  input: { delivered: DeliveredArchive; file: SpoolFile },
  signal: AbortSignal,
) => Promise<Inspected | Refused>;

/** Keeps an archive that could not be read, as delivered. Resolves once it is durable. A second call changes nothing. */
export type KeepRefused = (
  refused: { order: Order; delivered: DeliveredArchive; file: SpoolFile; reason: DeadLetterReason },
  signal: AbortSignal,
) => Promise<void>;

/**
 * Copies a kept archive to a file: the one that the order's newest revision was made from, or else the newest one that could not be
 * read. Null if no usable archive is kept.
 */
export type SpoolKept = (order: Order, toFile: string) => Promise<DeliveredArchive | null>;
