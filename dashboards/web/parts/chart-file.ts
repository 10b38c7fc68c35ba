/** A chart to take away: its rows as a table file, and what is seen of it as a picture. Loaded on a click. */
import { writeCsv } from '../../../shared/csv.ts';
import { type Aligned, pointRows } from '../time/points.ts';

interface Drawn {
  name: string;
  unit: string;
  labels: readonly string[];
  aligned: Aligned;
}

/** `2026-11-29T17:56:00+01:00`: the reader's clock, and how far it is from UTC. */
export function offsetTime(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  const wall = new Date(at + minutes * 60_000).toISOString().slice(0, 19);
  return `${wall}${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
}

/** The same rows as the table on the page; numbers as they were measured. */
export const chartCsv = ({ unit, labels, aligned }: Drawn, timeHead: string): string =>
  writeCsv([
    [timeHead, ...labels.map((label) => `${label} [${unit}]`)],
    ...pointRows(aligned).map(({ at, values }) => [offsetTime(at), ...values]),
  ]);

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** Of what a name may have in it, as a name of a file. */
const fileName = (name: string, ending: string) =>
  `${name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '')}.${ending}`;

export function saveCsv(drawn: Drawn, timeHead: string): void {
  save(new Blob([chartCsv(drawn, timeHead)], { type: 'text/csv' }), fileName(drawn.name, 'csv'));
}

/** The canvas with its name, its span and its legend. */
function picture(chart: HTMLElement, title: string, span: string): Promise<Blob | null> {
  const plot = chart.querySelector('canvas');
  const made = document.createElement('canvas');
  const pen = made.getContext('2d');
  if (!plot || !pen) return Promise.resolve(null);
  const ratio = devicePixelRatio;
  const [line, edge] = [20 * ratio, 12 * ratio];
  const style = getComputedStyle(chart);
  const ground = getComputedStyle(chart.closest('.box') ?? document.body).backgroundColor;
  const entries = [...chart.querySelectorAll<HTMLElement>('.legend li')].map((entry) => {
    const swatch = entry.querySelector('.swatch');
    return {
      text: (entry.textContent ?? '').replace(/\s+/g, ' ').trim(),
      colour: swatch ? getComputedStyle(swatch).borderTopColor : null,
    };
  });
  made.width = plot.width + 2 * edge;
  pen.font = `${13 * ratio}px ${style.fontFamily}`;
  const rows: { x: number; row: number }[] = [];
  let [x, row] = [edge, 0];
  for (const { text } of entries) {
    const width = pen.measureText(text).width + 34 * ratio;
    if (x > edge && x + width > made.width) [x, row] = [edge, row + 1];
    rows.push({ x, row });
    x += width;
  }
  const head = edge + line + (entries.length === 0 ? 0 : (row + 1) * line);
  made.height = head + plot.height + edge;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, made.width, made.height);
  pen.textBaseline = 'middle';
  pen.fillStyle = style.color;
  pen.font = `600 ${14 * ratio}px ${style.fontFamily}`;
  pen.fillText(`${title} · ${span}`, edge, edge + line / 2);
  pen.font = `${13 * ratio}px ${style.fontFamily}`;
  for (const [index, { text, colour }] of entries.entries()) {
    const place = rows[index];
    if (!place) continue;
    const y = edge + line * (1.5 + place.row);
    pen.fillStyle = colour ?? style.color;
    if (colour) pen.fillRect(place.x, y - 2 * ratio, 14 * ratio, 3 * ratio);
    pen.fillStyle = style.color;
    pen.fillText(text, place.x + (colour ? 20 * ratio : 0), y);
  }
  pen.drawImage(plot, edge, head);
  return new Promise((done) => made.toBlob(done));
}

/** Into the clipboard; where the browser has none for pages without TLS, as a file. @returns which */
export async function takePicture(chart: HTMLElement, title: string, span: string): Promise<'copied' | 'saved' | null> {
  const made = await picture(chart, title, span);
  if (!made) return null;
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': made })]);
    return 'copied';
  } catch {
    save(made, fileName(title, 'png'));
    return 'saved';
  }
}
