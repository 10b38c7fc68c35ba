/**
 * Windows event log as `wevtutil qe … /f:xml` prints it: free of the machine's language, times in UTC. Events stand one
 * after the other, with or without a root element. Read by patterns, since a cut-off document must still give the whole
 * events that it holds.
 */
import { quotation, reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { howEnded } from '../ended.ts';
import { digitsOf, oneLine } from '../parse.ts';
import { unescapeXml } from '../xml.ts';
import { strictInstant } from './instants.ts';
import { reasonsWhy, SourceUnreadable } from './product.ts';

export interface WindowsEvent {
  provider: string | null;
  id: number;
  /** Its number within the log: they only grow. */
  record: number | null;
  /** 1 critical, 2 error, 3 warning, 4 information; 0 is information too. */
  level: number | null;
  time: number | null;
  channel: string | null;
  computer: string | null;
  /** Insertion strings, in order. */
  data: string[];
  /** The rendered message, only with /f:RenderedXml. */
  message: string | null;
}

function element(xml: string, name: string): string | null {
  const match = new RegExp(`<${name}(?:\\s[^<>]*)?>([^<]*)</${name}>`).exec(xml);
  return match ? unescapeXml(match[1] ?? '').trim() || null : null;
}

function attribute(xml: string, tag: string, name: string): string | null {
  const match = new RegExp(`<${tag}\\s[^<>]*?\\b${name}=(?:"([^"]*)"|'([^']*)')`).exec(xml);
  return match ? unescapeXml(match[1] ?? match[2] ?? '') || null : null;
}

function eventIn(xml: string): WindowsEvent | null {
  const id = digitsOf(element(xml, 'EventID'));
  if (id === null) return null;
  return {
    provider: attribute(xml, 'Provider', 'Name'),
    id,
    record: digitsOf(element(xml, 'EventRecordID')),
    level: digitsOf(element(xml, 'Level')),
    time: strictInstant(attribute(xml, 'TimeCreated', 'SystemTime'), 'UTC'),
    channel: element(xml, 'Channel'),
    computer: element(xml, 'Computer'),
    data: [...xml.matchAll(/<Data(?:\s[^<>]*)?>([^<]*)<\/Data>/g)].map(([, text = '']) => unescapeXml(text)),
    message: element(xml, 'Message'),
  };
}

/** The whole events of the text, in its order. */
export function parseEvents(xml: string): WindowsEvent[] {
  const parts = xml.split('</Event>').slice(0, -1);
  return parts.flatMap((part) => {
    const from = [...part.matchAll(/<Event[\s>]/g)].at(-1)?.index;
    return from === undefined ? [] : (eventIn(part.slice(from)) ?? []);
  });
}

/**
 * The newest events of a provider in a log, newest first.
 * @param days how far back
 * @throws SourceUnreadable when the log cannot be read; NoData off Windows, where there is no wevtutil
 */
export async function readEvents(
  context: CheckContext,
  where: { log: string; provider: string; days: number; rendered?: boolean },
): Promise<WindowsEvent[]> {
  const span = where.days * 86_400_000;
  const query = `*[System[Provider[@Name='${where.provider}'] and TimeCreated[timediff(@SystemTime) <= ${span}]]]`;
  const format = where.rendered ? '/f:RenderedXml' : '/f:xml';
  const args = ['qe', where.log, `/q:${query}`, format, '/rd:true', '/c:50'];
  const run = await context.run('wevtutil.exe', args, { timeoutMs: 30_000, maxBytes: 4 << 20 });
  if (run.code === 0 && run.ended === null) return parseEvents(run.stdout);
  // 15007: the log does not exist on this machine. 5: no right to read it.
  const denied = /\b0x5\b|error 5\b/i.test(run.stderr);
  throw new SourceUnreadable(
    denied ? 'no-permission' : null,
    reason('event_log_unreadable', { log: where.log }),
    ...reasonsWhy(denied ? 'no-permission' : null, ''),
    ...(run.stderr.trim() === '' ? [howEnded('wevtutil.exe', run)] : quotation(oneLine(run.stderr))),
  );
}
