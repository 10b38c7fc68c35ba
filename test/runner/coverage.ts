/** Which lines of ours the tests have run, out of what V8 wrote for each process (NODE_V8_COVERAGE). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Range {
  startOffset: number;
  endOffset: number;
  count: number;
}
interface Script {
  url: string;
  functions: { ranges: Range[] }[];
}

export interface FileCoverage {
  file: string;
  lines: number;
  covered: number;
  /** `12-15, 20` */
  missed: string;
}

/** Types are stripped in place, so an offset of V8 is one of the source. Inner ranges come after the ones around them. */
function mark(ran: Uint8Array, { functions }: Script): void {
  const here = new Uint8Array(ran.length);
  const ranges = functions.flatMap((one) => one.ranges);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) here.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  here.forEach((one, i) => {
    if (one === 1) ran[i] = 1;
  });
}

function coverageOf(file: string, source: string, ran: Uint8Array): FileCoverage {
  let offset = 0;
  let lines = 0;
  const missed: number[] = [];
  source.split('\n').forEach((text, i) => {
    const start = offset + text.search(/\S/);
    offset += text.length + 1;
    if (!/\S/.test(text)) return;
    lines++;
    if (!ran.subarray(start, offset - 1).includes(1)) missed.push(i + 1);
  });
  return { file, lines, covered: lines - missed.length, missed: spans(missed) };
}

function spans(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** @param folder with V8's files @param sources files of ours, absolute; one that no process loaded has run nowhere */
export function readCoverage(folder: string, sources: readonly string[], top: string): FileCoverage[] {
  const texts = new Map(sources.map((file) => [file, readFileSync(file, 'utf8')]));
  const ran = new Map([...texts].map(([file, text]) => [file, new Uint8Array(text.length)]));
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: Script[] };
    for (const script of result) {
      const marks = script.url.startsWith('file:') ? ran.get(fileURLToPath(script.url)) : undefined;
      if (marks) mark(marks, script);
    }
  }
  return [...texts].map(([file, text]) => coverageOf(relative(top, file), text, ran.get(file) as Uint8Array));
}
