import { readFileSync } from 'node:fs';
import { openArchive } from 'archive-extractor/open-archive';
import { createElementCutter } from './services/archive-extractor/src/cut-elements.ts';
import { createTranscoder } from './services/archive-extractor/src/transcode-element.ts';

const src = {
  file: '/tmp/lab/a.zip',
  password: readFileSync('/tmp/lab/a.pw', 'utf8'),
  limits: { entryMaxBytes: 1e10 },
};
const T = (n, f) => {
  const c = process.cpuUsage();
  const t = performance.now();
  const r = f();
  const done = () => {
    const u = process.cpuUsage(c);
    console.log(
      n.padEnd(30),
      ((performance.now() - t) / 1e3).toFixed(2),
      'cpu',
      ((u.user + u.system) / 1e6).toFixed(2),
    );
  };
  if (r?.then)
    return r.then((x) => {
      done();
      return x;
    });
  done();
  return r;
};
const tr = createTranscoder();
for (let k = 0; k < 3; k++) {
  const chunks = [];
  await T('stream', async () => {
    const a = await openArchive(src);
    for await (const c of a.stream()) chunks.push(c);
    await a[Symbol.asyncDispose]();
  });
  console.log(chunks.length);
  const els = [];
  T('cut', () => {
    const c = createElementCutter({ maxElementBytes: 1e6, maxEnvelopeBytes: 1e6 });
    for (const x of chunks) els.push(...c.push(x));
  });
  let n = 0,
    b = 0;
  T('transcode', () => {
    for (const e of els) {
      const r = tr(e.content);
      if (!r) n++;
      else b += r.change.length;
    }
  });
  console.log(els.length, n, b);
}
