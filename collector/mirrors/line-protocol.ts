/** InfluxDB's line protocol, in Telegraf's names, with the tags that our own InfluxDB has (../series/influx/points.ts). */
import { safeValue, storedLine } from '../series/influx/points.ts';
import type { MirrorFormat, MirrorKind, MirrorNames } from './mirror.ts';

const escapeName = (text: string) => text.replace(/[, ]/g, '\\$&');
const escapeKey = (text: string) => text.replace(/[,= ]/g, '\\$&');

function format({ dictionary, ownerOf }: MirrorNames): MirrorFormat {
  return {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    target(url) {
      const target = new URL(url);
      // Else times are taken for nanoseconds.
      target.searchParams.set('precision', 'ms');
      return target;
    },
    encode(samples) {
      const ownerTags = new Map<number, string>();
      const tagsOf = (endpoint: number): string => {
        let tags = ownerTags.get(endpoint);
        if (tags === undefined) {
          const id = dictionary.endpointName(endpoint) ?? '';
          const { name, site } = ownerOf(id);
          tags = tagText({ host: name, ...(site === null ? {} : { site }), endpoint: id });
          ownerTags.set(endpoint, tags);
        }
        return tags;
      };
      // Fields of the same point come one after the other.
      const points: { head: string; at: number; fields: string[] }[] = [];
      for (const { endpoint, line: id, at, value } of samples) {
        const line = dictionary.line(id);
        if (!line) continue;
        const { measurement, field, tags } = storedLine(line.metric, line.tags);
        const head = `${escapeName(measurement)}${tagText(tags)}${tagsOf(endpoint)}`;
        const last = points.at(-1);
        const point = last?.head === head && last.at === at ? last : { head, at, fields: [] };
        if (point !== last) points.push(point);
        point.fields.push(`${escapeKey(field)}=${value}`);
      }
      if (points.length === 0) return null;
      return Buffer.from(points.map(({ head, at, fields }) => `${head} ${fields.join(',')} ${at}\n`).join(''));
    },
    encodeNow: null,
    refusal(said) {
      const dropped = Number(/ dropped=(\d+)/.exec(said)?.[1] ?? 0);
      // The others of the request are stored.
      if (dropped > 0 && /partial write/.test(said))
        return { is: 'partly', lost: dropped, reason: /beyond retention/.test(said) ? 'too_old' : 'refused' };
      return { is: 'content' };
    },
  };
}

const tagText = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([name, value]) => [name, safeValue(value)] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `,${escapeKey(name)}=${escapeKey(value)}`)
    .join('');

export const lineProtocol: MirrorKind = { kind: 'line_protocol', tokenScheme: 'Token', format };
