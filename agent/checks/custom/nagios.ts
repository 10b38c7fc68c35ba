/**
 * Output of monitoring plugins, after the Monitoring Plugins Development Guidelines: exit codes, text with long output,
 * performance data, ranges. Pure and total.
 */
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import { linesOf, numberOf } from '../parse.ts';

export type CustomStatus = 0 | 1 | 2 | 3;

/** A range is broken when the value lies outside of it; with `@`, when it lies inside. */
export interface ThresholdRange {
  /** -Infinity for `~`. */
  from: number;
  to: number;
  inside: boolean;
}

export interface Performance {
  label: string;
  /** In the base unit; null for `U`: the plugin could not find out. */
  value: number | null;
  /** s, B, %, c or whatever the plugin wrote; empty for a plain number. */
  unit: string;
  warn: ThresholdRange | null;
  crit: ThresholdRange | null;
  min: number | null;
  max: number | null;
}

export interface PluginAnswer {
  status: CustomStatus;
  /** Its message, or why there is none. */
  reasons: Reason[];
  performance: Performance[];
}

const number = '[-+]?(?:\\d+(?:[.,]\\d*)?|[.,]\\d+)(?:[eE][-+]?\\d+)?';
const scales: Record<string, [unit: string, factor: number]> = {
  us: ['s', 1e-6],
  ms: ['s', 1e-3],
  ns: ['s', 1e-9],
  KB: ['B', 1024],
  kB: ['B', 1024],
  MB: ['B', 1024 ** 2],
  GB: ['B', 1024 ** 3],
  TB: ['B', 1024 ** 4],
  PB: ['B', 1024 ** 5],
  KiB: ['B', 1024],
  MiB: ['B', 1024 ** 2],
  GiB: ['B', 1024 ** 3],
  TiB: ['B', 1024 ** 4],
};

/** 0.336 ms are 0.000336 s, not 0.00033600000000000004. */
const times = (value: number, factor: number) => Number((value * factor).toPrecision(15));

/** `10`, `10:`, `~:10`, `10:20`, `@10:20`; null when the text is none of them. Values are multiplied by `factor`. */
export function parseRange(text: string, factor = 1): ThresholdRange | null {
  const match = new RegExp(`^(@?)(?:(~|${number})?:)?(${number})?$`).exec(text.trim());
  if (!match || text.trim() === '' || text.trim() === '@') return null;
  const value = (part: string | undefined) => times(Number((part ?? '').replace(',', '.')), factor);
  const from = match[2] === undefined ? 0 : match[2] === '~' ? Number.NEGATIVE_INFINITY : value(match[2]);
  const to = match[3] === undefined ? Number.POSITIVE_INFINITY : value(match[3]);
  if (Number.isNaN(from) || Number.isNaN(to) || from > to) return null;
  return { from, to, inside: match[1] === '@' };
}

/** The one number that a chart can draw as "alerts above"; null when the range has no such end. */
export function upperLimit(range: ThresholdRange | null): number | null {
  if (range === null) return null;
  const limit = range.inside ? range.from : range.to;
  return Number.isFinite(limit) ? limit : null;
}

/** Pairs of label and data. Each character is visited once: a word without `=` is skipped as a whole. */
function labelled(text: string): [label: string, data: string][] {
  const found: [string, string][] = [];
  const word = /\s*(?:'((?:[^']|'')*)'|([^\s=']*))(=?)(\S*)/y;
  while (word.lastIndex < text.length) {
    const [, quoted, plain = '', equals, data = ''] = word.exec(text) ?? [];
    const label = (quoted === undefined ? plain : quoted.replaceAll("''", "'")).trim();
    if (equals === '=') found.push([label, data]);
  }
  return found;
}

/** `'label'=value[unit];[warn];[crit];[min];[max]`, blanks between; a label with blanks stands in single quotes, `''` is one quote. */
export function parsePerformance(text: string): Performance[] {
  return labelled(text).flatMap(([label, data]) => {
    const [first = '', warn = '', crit = '', min = '', max = ''] = data.split(';');
    const match = new RegExp(`^(U|${number})([^\\d\\s;]*)$`).exec(first);
    if (label === '' || !match) return [];
    const written = match[2] ?? '';
    const [unit, factor] = scales[written] ?? [written, 1];
    const scaled = (part: string | undefined) => {
      const parsed =
        numberOf(
          (part ?? '')
            .replace(',', '.')
            .replace(/^\+?\./, '0.')
            .replace(/\.$/, ''),
        ) ?? Number(part || 'x');
      return Number.isFinite(parsed) ? times(parsed, factor) : null;
    };
    const value = match[1] === 'U' ? null : scaled(match[1]?.replace(',', '.'));
    return [
      {
        label,
        value,
        unit,
        warn: parseRange(warn, factor),
        crit: parseRange(crit, factor),
        min: scaled(min),
        max: scaled(max),
      },
    ];
  });
}

/**
 * What a plugin printed and how it ended. The first line is the message, what follows it long output; performance data
 * stands after the bar of the first line and after the bar in the long output.
 * @param code exit code: 0 ok, 1 warning, 2 critical, 3 unknown; everything else is unknown
 */
export function parsePlugin(stdout: string, stderr: string, code: number | null): PluginAnswer {
  const text = stdout.trim() === '' ? stderr : stdout;
  const [first = '', ...long] = linesOf(text.trim());
  const cut = (line: string): [string, string] => {
    const at = line.indexOf('|');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  };
  const [message, performance] = cut(first);
  const [details, more] = cut(long.join('\n'));
  const status = code === 0 || code === 1 || code === 2 ? code : 3;
  const words = [message.trim(), details.trim()].filter((part) => part !== '').join('\n');
  return {
    status,
    reasons: words === '' ? [reason('no_output')] : quotation(words),
    performance: parsePerformance(`${performance} ${more.replaceAll('\n', ' ')}`),
  };
}
