/** Who has which tickets, and who knows what: facts for whoever shares out work, never an order of people. */
import type { Workload } from '../../shared/ticket-work.ts';
import { mayDo } from '../accounts/roles.ts';
import { isBreaching } from '../tickets/clocks.ts';
import { wordsOf } from '../tickets/next.ts';
import { skillsOfAll } from '../tickets/skills.ts';
import type { Caller, Context } from './context.ts';
import { aboutTicket, inOrder, type TicketReading } from './read-tickets.ts';

export type WorkloadReading = TicketReading & Pick<Context, 'accounts' | 'rules'>;

/** What everybody has, and knows. */
export async function workloadOf(
  reading: WorkloadReading,
  { name, role }: Pick<Caller, 'name' | 'role'>,
): Promise<Workload> {
  const { state } = reading;
  const now = reading.clock.now();
  const all = await inOrder(reading, { queue: 'open' }, name);
  const skills = await skillsOfAll(state);
  const ids = new Set(all.map(({ row }) => row.id));
  const helping = await state
    .selectFrom('ticket_participants')
    .select(['ticket', 'person'])
    .where('left_at', 'is', null)
    .execute();
  const users = (await reading.accounts.users.list()).filter(({ disabledAt }) => disabledAt === null);
  const workers = users.filter((user) => mayDo(user.role, 'operator')).map((user) => user.name);
  const people = [...new Set([...workers, ...all.flatMap(({ row }) => row.assignee ?? [])])];
  const items = people
    .sort((a, b) => a.localeCompare(b))
    .map((person) => {
      const own = all.filter(({ row }) => row.assignee === person);
      return {
        ...{ person, open: own.length, skills: skills.get(person) ?? [] },
        byPriority: [1, 2, 3, 4, 5].map((priority) => own.filter(({ row }) => row.priority === priority).length),
        waiting: own.filter(({ row }) => row.state === 'on_hold').length,
        dueSoon: own.filter(({ clocks }) => isBreaching(clocks, now)).length,
        helps: helping.filter((one) => one.person === person && ids.has(one.ticket)).length,
        mayEdit: workers.includes(person) && (person === name || mayDo(role, 'admin')),
      };
    });
  return { items, skillWords: [...(await skillWordsIn(reading))].sort((a, b) => a.localeCompare(b)) };
}

/** Words that tickets, machines and rules have. */
export async function skillWordsIn(reading: WorkloadReading): Promise<Set<string>> {
  const open = await inOrder(reading, { queue: 'open' }, '');
  const rules = reading.rules.list().map(({ rule }) => (rule.name === undefined ? rule.id : null));
  return new Set([
    ...open.flatMap(({ row }) => [...aboutTicket(reading, row)]),
    ...[...reading.fleet.all()].flatMap(({ tags, platform }) => [
      ...wordsOf({ tags: [], endpointTags: tags, platform, rule: null }),
    ]),
    ...rules.flatMap((rule) => [...wordsOf({ tags: [], endpointTags: [], platform: null, rule })]),
  ]);
}
