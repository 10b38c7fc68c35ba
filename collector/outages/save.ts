/** Saves the incidents of sites, in the transaction of their batch, and reads what this room needs after a restart. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { collectorId, siteDown } from '../alerts/own-rules.ts';
import { fires, type Suppressions } from '../alerts/suppressions.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { PolicyEvent } from '../tickets/actions.ts';
import { incidentKey } from '../tickets/groups.ts';
import { siteAlertKey } from './detect.ts';
import { factsOf, type InhibitParts, isReach } from './inhibit.ts';
import { everywhere, type OutageMemory } from './memory.ts';
import type { SiteState } from './site-incident.ts';

export async function saveOutages(db: StateTransaction, outages: OutageMemory, at: number): Promise<void> {
  for (const [site, content] of outages.changed()) {
    const row = { site, content: JSON.stringify(content), updated_at: at };
    await db
      .insertInto('outages')
      .values(row)
      .onConflict((clash) => clash.column('site').doUpdateSet(row))
      .execute();
  }
}

export interface LoadOutagesParts extends InhibitParts {
  state: State;
  suppressions: Suppressions;
  memory: AlertMemory;
  endpoints(): Iterable<Endpoint>;
  /** Of the incidents of these sites people were told before the start. */
  toldBefore(sites: readonly string[]): void;
}

/** @returns what tickets have to know before anything is due */
export async function loadOutages(parts: LoadOutagesParts, at: number): Promise<PolicyEvent[]> {
  const { state, memory, suppressions, inhibition, outages } = parts;
  const rows = await state.selectFrom('outages').selectAll().execute();
  const found = new Map(rows.map(({ site, content }) => [site, JSON.parse(content) as SiteState]));
  outages.restore(found, places(parts), at);
  inhibition.clear();
  const held = await state
    .selectFrom('alerts')
    .select(['id', 'suppressed_by'])
    .where('active_key', 'is not', null)
    .where('suppressed_by', '!=', '')
    .execute();
  // Messages are read later: of a site's incident that fires, and that nothing kept back, people were told.
  const kept = new Set(held.map(({ id }) => id));
  parts.toldBefore(
    [...found.keys()].filter((site) => {
      const alert = memory.alert(siteAlertKey(site));
      return alert !== undefined && fires(alert) && !kept.has(alert.id);
    }),
  );
  const alerts = [...memory.all()].filter((alert) => fires(alert) || alert.state === 'pending');
  for (const alert of alerts)
    for (const { id, type } of inhibition.set(factsOf(parts, alert), at))
      suppressions.set(
        id,
        type === 'held' || type === 'hold_over' ? 'hold' : 'inhibition',
        type === 'inhibited' || type === 'held',
      );
  const events: PolicyEvent[] = [];
  for (const { id, suppressed_by } of held) {
    const alert = memory.byId(id);
    if (!alert) continue;
    const by = suppressed_by.split(' ');
    if (by.includes('inhibition')) {
      suppressions.set(id, 'inhibition', true);
      inhibition.wasInhibited(id, at);
    }
    if (by.includes('site_incident')) suppressions.set(id, 'site_incident', true);
  }
  for (const [site, { incident }] of found)
    if (incident && site !== everywhere) events.push(...incidentOf(site, incident.since));
  inhibition.keep();
  suppressions.keep();
  return events;

  function incidentOf(site: string, since: number): PolicyEvent[] {
    const key = incidentKey(site, siteDown.id);
    const alert = memory.alert(siteAlertKey(site))?.id ?? '';
    const members = alerts.filter((one: LiveAlert) => isReach(one) && outages.incidentOf(one.endpoint) === site);
    return [
      { type: 'outage', on: true, key, check: siteDown.id, site, since, alert, at: 0 },
      ...members.map((one): PolicyEvent => ({ type: 'join', key: one.key, parent: key, at: 0 })),
    ];
  }
}

/**
 * An endpoint that was silent before the restart has not become so by it. One that was online then is unknown until it
 * reports; an alert that its last absence has left, and that only waits to be clear, says nothing about it.
 */
function* places({ endpoints }: LoadOutagesParts) {
  for (const { id, site, state, kind } of endpoints()) {
    if ((kind as string) === 'target' || id === collectorId || state === 'never') continue;
    yield { id, site: site ?? '', isSilent: state === 'lost' || state === 'offline' };
  }
}
