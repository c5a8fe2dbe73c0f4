/** The sum of a metric's series that have these labels, from the admin port of a service; 0 if there is none. */
export async function readMetric(
  adminPort: number,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${adminPort}/metrics`, { signal: AbortSignal.timeout(2_000) });
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return (await page.text())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
