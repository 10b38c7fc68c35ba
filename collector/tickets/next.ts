/** Which ticket somebody should take up next, and what it is about, in the words in which people say what they know. Pure. */
import { dueOf, isBreaching, isLate, type TicketClocks } from './clocks.ts';

export interface WaitingTicket {
  id: number;
  state: string;
  priority: number;
  assignee: string | null;
  opened_at: number;
  clocks: TicketClocks;
  words: ReadonlySet<string>;
}

/** Words that say what a ticket is about: its own, those of its machine, and the parts of the name of its rule. */
export function wordsOf({
  tags,
  endpointTags,
  platform,
  rule,
}: {
  tags: readonly string[];
  endpointTags: readonly string[];
  platform: string | null;
  rule: string | null;
}): Set<string> {
  const ofRule = (rule ?? '').split('-').filter((word) => !joining.has(word));
  return new Set([...tags, ...endpointTags, platform ?? '', ...ofRule].map(skillOf).filter(Boolean));
}

/** Words of rules' ids that nobody knows anything about. */
const joining = new Set(
  'a after again all an and at away before below by do end for from full gone has high in is it low more never new no none not of off old on only or other out over own seen soon than the to too under up with without'.split(
    ' ',
  ),
);

/** Words of people and of tickets are compared so. */
export const skillOf = (word: string): string => word.normalize('NFKC').trim().toLowerCase();

const order = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Late ones first, then those close to it, then the rest; within each by priority, what was opened again before what nobody has
 * seen yet, by what the person knows, by what is due, one's own before those of nobody, and by age. What waits for somebody else is not next.
 */
export function nextOf(all: readonly WaitingTicket[], person: string, skills: ReadonlySet<string>, now: number) {
  const known = ({ words }: WaitingTicket) => [...skills].filter((skill) => words.has(skill));
  const hurry = ({ clocks }: WaitingTicket) => (isLate(clocks) ? 0 : isBreaching(clocks, now) ? 1 : 2);
  // Opened again, and of nobody: whoever asked takes it for being worked on.
  const waitsAgain = ({ state, assignee }: WaitingTicket) => (state === 'in_progress' && assignee === null ? 0 : 1);
  const mine = all.filter(({ state, assignee }) => state !== 'on_hold' && (assignee === null || assignee === person));
  const [first] = mine.sort(
    (a, b) =>
      order(hurry(a), hurry(b)) ||
      order(a.priority, b.priority) ||
      order(waitsAgain(a), waitsAgain(b)) ||
      order(known(b).length, known(a).length) ||
      order(dueOf(a.clocks) ?? Infinity, dueOf(b.clocks) ?? Infinity) ||
      order(a.assignee === null ? 1 : 0, b.assignee === null ? 1 : 0) ||
      order(a.opened_at, b.opened_at) ||
      order(a.id, b.id),
  );
  if (!first) return null;
  const { id, priority, assignee, clocks } = first;
  const dueAt = dueOf(clocks);
  const kind = (['response', 'resolution'] as const).find(
    (one) => clocks[one]?.state === 'running' && clocks[one]?.dueAt === dueAt,
  );
  return {
    ...{ ticket: id, priority, isMine: assignee !== null, dueAt, isLate: isLate(clocks) },
    ...{ clock: dueAt === null ? null : (kind ?? null), skills: known(first).sort() },
  };
}
