/** What this machine asks of its collector, for who works on it. What it may ask for, the collector says in its settings. */
import type { Ask } from '../shared/ask.ts';
import type { AskAnswer } from '../shared/report.ts';
import type { LinkConnection } from './connection.ts';

/** An answer waits for what the collector saves; a person waits for it at a terminal. */
const answerMs = 12_000;

export type Question = Omit<Ask, 'v' | 'id'>;

/** What of the link is needed; no import of its type, which names questions. */
interface AskingLink {
  state(): { state: string };
  ask(question: Question): Promise<AskAnswer | null>;
}

/** Why there is no answer of the collector. `off`: it takes no such question, or is older than this agent. */
export type NoAnswer = 'off' | 'away' | 'silent' | 'often';
/** @see AskAnswer in shared/report.ts */
type CollectorSaid = { ok: boolean; until: number | null; text: string };
export type AskOutcome = CollectorSaid | { no: Exclude<NoAnswer, 'often'> };
export type ReportOutcome = CollectorSaid | { no: NoAnswer } | { snapshot: string };

/** @param given as it came through the control socket; the collector checks it */
export async function askForMaintenance(
  { link, mayAsk }: { link: AskingLink; mayAsk: readonly string[] },
  given: unknown,
): Promise<AskOutcome> {
  if (link.state().state !== 'connected') return { no: 'away' };
  if (!mayAsk.includes('maintenance')) return { no: 'off' };
  const { act, minutes, reason } = (given ?? {}) as Partial<Ask>;
  const more = act === 'begin' ? { minutes, reason } : {};
  const answer = await link.ask({ about: 'maintenance', act: act ?? 'show', ...more } as Question);
  return answer ?? { no: 'silent' };
}

/** What anybody on this machine may ask for in so long. */
const [reportsAtMost, reportsMs] = [10, 600_000];

/** A problem that a person on this machine reports; how it is goes along only as they wish. */
export function createReporting(parts: {
  link(): AskingLink;
  mayAsk(): readonly string[];
  snapshot(): string;
  now(): number;
}) {
  let asked: number[] = [];
  return async (given: unknown): Promise<ReportOutcome> => {
    const { act, text, withState } = (given ?? {}) as { act?: unknown; text?: unknown; withState?: unknown };
    if (act === 'look') return { snapshot: parts.snapshot() };
    if (parts.link().state().state !== 'connected') return { no: 'away' };
    if (!parts.mayAsk().includes('report')) return { no: 'off' };
    asked = asked.filter((at) => at > parts.now() - reportsMs);
    if (asked.length >= reportsAtMost) return { no: 'often' };
    asked.push(parts.now());
    const more = withState === true ? { snapshot: parts.snapshot().slice(0, 1500) } : {};
    const question = act === 'page' ? { act: 'page' as const } : { act: 'send' as const, text: String(text), ...more };
    return (await parts.link().ask({ about: 'report', ...question })) ?? { no: 'silent' };
  };
}

/** Questions that wait for their answer. */
export function createQuestions(makeId: () => string) {
  const waiting = new Map<string, (answer: AskAnswer | null) => void>();

  return {
    ask({ publish }: Pick<LinkConnection, 'publish'>, question: Question): Promise<AskAnswer | null> {
      const id = makeId();
      return new Promise((resolve) => {
        const settle = (answer: AskAnswer | null) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        const timer = setTimeout(() => settle(null), answerMs);
        waiting.set(id, settle);
        publish('ask', JSON.stringify({ v: 1, id, ...question }), (error) => error && settle(null));
      });
    },
    take: (answer: AskAnswer) => waiting.get(answer.id)?.(answer),
  };
}
