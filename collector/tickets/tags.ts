/** Words on a ticket, by which it is found and suggested to whoever knows about it. */
import { conflict, type TicketChanges } from './change.ts';
import { note } from './events.ts';

export interface TagChange {
  add: readonly string[];
  remove: readonly string[];
}

const tagsAtMost = 20;

export const tagsIn = (json: string): string[] => JSON.parse(json) as string[];

export function createTicketTags({ touch }: Pick<TicketChanges, 'touch'>) {
  return {
    /** @throws EvenkeelError NOT_FOUND, or CONFLICT where nothing would change or there would be too many */
    tag: (id: number, by: string, { add, remove }: TagChange): Promise<void> =>
      touch(id, async (db, row, now) => {
        const before = tagsIn(row.tags);
        const next = [...new Set([...before.filter((tag) => !remove.includes(tag)), ...add])].sort();
        if (next.join() === before.join()) throw conflict(`ticket ${id} has these tags already`);
        if (next.length > tagsAtMost)
          throw conflict(
            `ticket ${id} would have ${next.length} tags, and at most ${tagsAtMost} are kept; remove some`,
          );
        await note(db, id, now, by, 'tagged', { data: JSON.stringify({ tags: [before, next] }) });
        return { tags: JSON.stringify(next) };
      }),
  };
}
