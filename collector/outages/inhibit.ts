/**
 * The step after `silence`: alerts that follow from others are suppressed. What is down behind something that is down, by
 * rules and dependencies; and the silent endpoints of an incident of their site.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { type AlertChange, type Batch, isAlertChange } from '../alerts/batch.ts';
import type { Labels } from '../alerts/labels.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { collectorId, siteDown } from '../alerts/own-rules.ts';
import { createSuppressing, fires, type Suppressions } from '../alerts/suppressions.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import { breathe } from '../state/breathe.ts';
import { incidentKey } from '../tickets/groups.ts';
import { siteAlertKey } from './detect.ts';
import type { Inhibition, InhibitionEvent } from './inhibition.ts';
import type { OutageMemory } from './memory.ts';
import type { Uplinks } from './uplinks.ts';

export interface InhibitParts {
  inhibition: Inhibition;
  outages: OutageMemory;
  suppressions: Suppressions;
  memory: Pick<AlertMemory, 'alert' | 'alertsOf' | 'byId'>;
  labels(alert: LiveAlert): Labels;
  nameOf(endpoint: string): string;
  uplinks: Pick<Uplinks, 'siteNamed' | 'namesBehind' | 'uplinksOf'>;
  /** People were told of the incident of the site: what follows is part of it. */
  isSiteTold(site: string): boolean;
}

/** It says that its endpoint, or target, cannot be reached. */
export const isReach = ({ endpoint, family, rule }: Pick<LiveAlert, 'endpoint' | 'family' | 'rule'>): boolean =>
  endpoint !== collectorId &&
  (family === 'target-down' || family === 'service-unavailable' || kindOf(rule.when).whileAway === true);

const namesAtMost = 20;

export async function inhibit(parts: InhibitParts, batch: Batch): Promise<void> {
  const { inhibition, outages, suppressions, memory } = parts;
  const incoming = batch.changes;
  const changes: Batch['changes'] = [];
  batch.changes = changes;
  const { begin, end, forget } = createSuppressing(suppressions, changes);
  for (const change of incoming) {
    take(inhibition.advance(change.at));
    if (isAlertChange(change)) onAlert(change);
    else {
      changes.push(change);
      if ('relabelled' in change) for (const alert of memory.alertsOf(change.relabelled)) relabel(alert, change.at);
      else if ('dependencies' in change) take(inhibition.dependenciesChanged(change.dependencies, change.at));
    }
    await breathe();
  }
  take(inhibition.advance(batch.at));

  function onAlert(change: AlertChange): void {
    const { alert, at, ended } = change;
    if (ended) {
      changes.push(change);
      forget(alert, at);
      take(inhibition.end(alert.id, at));
      if (alert.family === siteDown.id) siteIsUp(change);
      return;
    }
    const events = inhibition.set(factsOf(parts, alert), at);
    const own = events.find(({ id, type }) => id === alert.id && (type === 'inhibited' || type === 'held'));
    if (suppressions.has(alert.id, 'inhibition') || suppressions.has(alert.id, 'hold')) change.isSuppressed = true;
    const site = fires(alert) && isReach(alert) ? incidentOver(alert, at) : undefined;
    if (site !== undefined && memory.alert(siteAlertKey(site))) {
      change.isSuppressed = true;
      absorb(alert, site, at, () => changes.push(change));
      take(events);
    } else if (own) {
      change.isSuppressed = true;
      takeOne(own, () => changes.push(change));
      take(events.filter((event) => event !== own));
    } else {
      changes.push(change);
      take(events);
    }
    if (alert.family === siteDown.id) siteIsDown(change);
    else if (site === undefined && suppressions.has(alert.id, 'site_incident') && outages.isSilent(alert.endpoint))
      // It was back when the incident ended: its end did not name it.
      end(alert, 'site_incident', at);
  }

  function relabel(alert: LiveAlert, at: number): void {
    if (alert.state !== 'inactive' || alert.flapping) take(inhibition.set(factsOf(parts, alert), at));
  }

  // ── inhibition ──

  function take(events: readonly InhibitionEvent[]): void {
    for (const event of events) takeOne(event);
  }

  function takeOne({ id, type, at, by }: InhibitionEvent, before?: () => void): void {
    const alert = memory.byId(id);
    if (!alert) return void before?.();
    switch (type) {
      case 'inhibited':
        begin(alert, 'inhibition', at, { by: by.flatMap((one) => shown(one) ?? []) }, before);
        end(alert, 'hold', at);
        break;
      case 'released':
        end(alert, 'inhibition', at);
        break;
      case 'held':
        begin(alert, 'hold', at, {}, before);
        break;
      case 'hold_over':
        end(alert, 'hold', at);
    }
  }

  /** What inhibits, for people: the alert, its rule, and the name of its endpoint. */
  function shown(id: string): { alert: string; rule: string; name: string } | null {
    const source = memory.byId(id);
    return source ? { alert: id, rule: source.rule.id, name: parts.nameOf(source.endpoint) } : null;
  }

  // ── incidents of sites ──

  /**
   * The incident in which the alert is no news. An uplink is of those of its sites of which people were told before; of
   * the others it is what is said, and has their ticket.
   */
  function incidentOver(alert: LiveAlert, at: number): string | undefined {
    const behind = parts.uplinks.namesBehind(alert.endpoint);
    const told = behind.find(parts.isSiteTold);
    if (told !== undefined) return told;
    for (const site of behind) if (outages.incident(site)) join(alert, site, at);
    const site = outages.incidentOf(alert.endpoint);
    return site !== undefined && behind.includes(site) ? undefined : site;
  }

  function join(alert: LiveAlert, site: string, at: number): void {
    changes.push({ event: { type: 'join', key: alert.key, parent: incidentKey(site, siteDown.id), at }, at });
  }

  function absorb(alert: LiveAlert, site: string, at: number, before?: () => void): void {
    join(alert, site, at);
    begin(alert, 'site_incident', at, { site }, before);
  }

  function siteIsDown(change: AlertChange): void {
    const site = change.alert.tags.site ?? '';
    change.params = { ...change.params, members: membersOf(site) };
    if (change.code !== 'firing') return;
    const { at, alert } = change;
    const key = incidentKey(site, siteDown.id);
    const since = outages.incident(site)?.since ?? at;
    changes.push({
      event: { type: 'outage', on: true, key, check: siteDown.id, site, since, alert: alert.id, at },
      at,
    });
    const uplinks = parts.uplinks.uplinksOf(site);
    for (const endpoint of outages.incident(site)?.members ?? [])
      for (const one of memory.alertsOf(endpoint))
        if (fires(one) && isReach(one) && (one.firedAt ?? at) <= at && !suppressions.has(one.id, 'site_incident')) {
          if (uplinks.includes(endpoint)) join(one, site, at);
          else absorb(one, site, at);
        }
  }

  function siteIsUp(change: AlertChange): void {
    const { at, alert } = change;
    const site = alert.tags.site ?? '';
    change.params = { ...change.params, members: membersOf(site) };
    const key = incidentKey(site, siteDown.id);
    changes.push({
      event: { type: 'outage', on: false, key, check: siteDown.id, site, since: at, alert: alert.id, at },
      at,
    });
    for (const endpoint of new Set([...outages.members(site).ids, ...parts.uplinks.uplinksOf(site)]))
      for (const one of memory.alertsOf(endpoint)) end(one, 'site_incident', at, { notifiedBy: alert.key });
  }

  function membersOf(site: string) {
    const { silent, of, ids, isReopened } = outages.members(site);
    return { silent, of, names: ids.slice(0, namesAtMost).map(parts.nameOf), isReopened };
  }
}

export function factsOf({ labels, uplinks }: Pick<InhibitParts, 'labels' | 'uplinks'>, alert: LiveAlert) {
  // The incident of a site follows from its uplink, as each of its endpoints does.
  const site = alert.family === siteDown.id ? uplinks.siteNamed(alert.tags.site ?? '') : undefined;
  return {
    ...{ id: alert.id, labels: labels(alert), endpoint: site ?? alert.endpoint },
    ...{ isReach: site !== undefined || isReach(alert), isSite: site !== undefined },
    state: fires(alert) ? ('firing' as const) : ('pending' as const),
    firedAt: alert.firedAt ?? alert.pendingAt,
  };
}
