import type { ReceivedSpan } from '../../test/harness/otlp/receive-spans.ts';

/** A row of the picture; times in milliseconds since the first span began. */
export type TraceRow = { name: string; service: string; depth: number; startMs: number; durationMs: number };

const NANOSECONDS_PER_MS = 1e6;

/** The spans of one trace from the first to the last, each followed by what it caused. @throws Error without a first span. */
export function traceRows(spans: readonly ReceivedSpan[]): TraceRow[] {
  const root = spans.find(({ parentSpanId }) => parentSpanId === '');
  if (!root) throw new Error('the trace has no first span');
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId);
  const rowsFrom = (span: ReceivedSpan, depth: number): TraceRow[] => {
    const row = {
      name: span.name,
      service: span.service,
      depth,
      startMs: Number(span.startedAt - root.startedAt) / NANOSECONDS_PER_MS,
      durationMs: Number(span.endedAt - span.startedAt) / NANOSECONDS_PER_MS,
    };
    const caused = (children.get(span.spanId) ?? []).toSorted((a, b) => Number(a.startedAt - b.startedAt));
    return [row, ...caused.flatMap((child) => rowsFrom(child, depth + 1))];
  };
  return rowsFrom(root, 0);
}

const COLOURS: Readonly<Record<string, string>> = {
  'callback-gateway': '#2563eb',
  'archive-extractor': '#b45309',
  'detail-enricher': '#047857',
  sink: '#7c3aed',
};
const OTHER_COLOUR = '#6b7280';
const WIDTH = 1_000;
const MARGIN = 16;
const NAMES_WIDTH = 330;
const INDENT = 14;
const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 70;
/** Beside the longest bar, for its duration. */
const LABEL_WIDTH = 70;
const TICKS = 5;

/**
 * A waterfall as SVG: one line for each span, with its name, its service by colour, and when it ran. It has its own background, so
 * that it is readable on a light and on a dark page.
 */
export function renderTrace(rows: readonly TraceRow[], title: string): string {
  const totalMs = Math.max(...rows.map(({ startMs, durationMs }) => startMs + durationMs), 1);
  const barsFrom = MARGIN + NAMES_WIDTH;
  const xOf = (ms: number): number => barsFrom + (ms / totalMs) * (WIDTH - MARGIN - LABEL_WIDTH - barsFrom);
  const height = HEAD_HEIGHT + rows.length * ROW_HEIGHT + MARGIN;
  const step = niceStep(totalMs / TICKS);
  const ticks = Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, nth) => nth * step);
  const services = [...new Set(rows.map(({ service }) => service))];
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="${escapeXml(title)}">`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff" stroke="#d1d5db"/>`,
    ...services.map((service, nth) => {
      const x = MARGIN + nth * 165;
      return `<rect x="${x}" y="16" width="12" height="12" rx="2" fill="${colourOf(service)}"/><text x="${x + 18}" y="27" fill="#111827">${escapeXml(service)}</text>`;
    }),
    ...ticks.map((ms) => {
      const x = round(xOf(ms));
      return `<line x1="${x}" y1="${HEAD_HEIGHT - 8}" x2="${x}" y2="${height - MARGIN}" stroke="#e5e7eb"/><text x="${x}" y="${HEAD_HEIGHT - 14}" fill="#4b5563" font-size="11" text-anchor="middle">${escapeXml(describeMs(ms))}</text>`;
    }),
    ...rows.flatMap((row, nth) => {
      const y = HEAD_HEIGHT + nth * ROW_HEIGHT;
      const x = round(xOf(row.startMs));
      // One that is too short to see is a line.
      const width = round(Math.max(2, xOf(row.startMs + row.durationMs) - xOf(row.startMs)));
      return [
        `<text x="${MARGIN + row.depth * INDENT}" y="${y + 16}" fill="#111827">${escapeXml(row.name)}</text>`,
        `<rect x="${x}" y="${y + 4}" width="${width}" height="${ROW_HEIGHT - 9}" rx="2" fill="${colourOf(row.service)}"/>`,
        `<text x="${round(x + width + 6)}" y="${y + 16}" fill="#4b5563" font-size="11">${escapeXml(describeMs(row.durationMs))}</text>`,
      ];
    }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

const colourOf = (service: string): string => COLOURS[service] ?? OTHER_COLOUR;
const round = (value: number): number => Math.round(value * 10) / 10;
const describeMs = (ms: number): string =>
  ms === 0 ? '0' : ms < 10 ? `${ms.toPrecision(2)} ms` : ms < 1_000 ? `${Math.round(ms)} ms` : `${ms / 1_000} s`;

/** 1, 2 or 5 times a power of ten, not below what is given. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least)!;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
