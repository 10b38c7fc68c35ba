/** Which open ticket is about the backups or the updates of an endpoint, so that no second one is opened beside it. */
import type { HeldAlert } from '../alerts/alerts.ts';
import type { State } from '../state/open.ts';

/** People's tickets are about it by this tag. */
type TicketTopic = 'backup' | 'patches';

/** @returns the ticket of one of these alerts, else the newest that has the tag; null: none is open */
export async function openTickets(
  state: State,
  endpoints: readonly string[],
  topic: TicketTopic,
): Promise<(endpoint: string, about: readonly HeldAlert[]) => number | null> {
  const ids = [...new Set(endpoints)];
  if (ids.length === 0) return () => null;
  const rows = await state
    .selectFrom('tickets')
    .select(['id', 'endpoint', 'alert', 'tags'])
    .where('endpoint', 'in', ids)
    .where('state', 'in', ['new', 'in_progress', 'on_hold'])
    .orderBy('id', 'desc')
    .execute();
  const byEndpoint = Map.groupBy(rows, ({ endpoint }) => endpoint);
  return (endpoint, about) => {
    const own = byEndpoint.get(endpoint) ?? [];
    const ofAlert = own.find(({ alert }) => alert !== null && about.some(({ id }) => id === alert));
    const tagged = own.find(({ tags }) => (JSON.parse(tags) as string[]).includes(topic));
    return (ofAlert ?? tagged)?.id ?? null;
  };
}
