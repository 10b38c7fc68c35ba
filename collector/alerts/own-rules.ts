/**
 * The rules of the collector's own alerts. They are never evaluated: the part of the collector that knows says when one
 * begins and ends (`own.ts`). To add one: an entry here, and its name under `rule` in shared/words.
 */
import type { Rule } from '../evaluate/rule.ts';

/** The endpoint of these alerts. The fleet does not know it. */
export const collectorId = 'collector';

function own(id: string, severity: Rule['severity'], more: Partial<Rule> = {}): Rule {
  return {
    ...{ id, enabled: true, severity, applies: 'all', for_s: 0, clear_for_s: 0, ticket: 'off', urgency: 1 },
    // Unused, and the shape asks for one.
    when: { kind: 'absence', after_s: 1 },
    ...more,
  };
}

/** It has no ticket: the store of tickets may be what is broken. */
export const collectorSelf = own('collector-self', 'critical');

/** Messages do not get through by one channel; sent through the others. Tag: its name. */
export const channelFailed = own('channel-failed', 'critical');

/** Alerts that other monitoring sends, in the levels of one alert, worst first. */
export const outsideFamily = 'outside';
const opens = { ticket: 'open', level_of: outsideFamily } as const;
export const outsideLevels: readonly Rule[] = [
  own('outside-critical', 'critical', { ...opens, urgency: 1 }),
  own('outside-warning', 'warning', { ...opens, urgency: 3 }),
  own(outsideFamily, 'info', { urgency: 3 }),
];

/** Many endpoints of a site are silent at once. Its ticket is that of the outage, which takes in those of the endpoints. */
export const siteDown = own('site-down', 'critical');
/** Nearly all endpoints of several sites are: it is the collector that is cut off. */
export const collectorIsolated = own('collector-isolated', 'critical');

/** A schedule in which nobody is on call soon. */
export const scheduleGap = own('schedule-gap', 'warning');

/** The collector's certificate ends within three weeks, or cannot be renewed. Tag: its name. */
export const certificateEnding = own('certificate-ending', 'critical');

/** No fresh copy of the collector itself, where one is to be made. Tag: its folder. */
export const ownBackupOld = own('own-backup-old', 'warning');

/** A release went to agents, and was stopped by what became of them. Tag: its version. */
export const updateStopped = own('update-stopped', 'warning');

/** Machines that nobody was told of have enrolled: one alert for all that came together. */
export const newEndpoints = own('new-endpoints', 'info');

/** A mirror of the series is away for long, or samples were given up for it. Tag: its name. */
export const mirrorBehind = own('mirror-behind', 'warning');

/** A ticket desk of others does not take our tickets, or does not let us in. Tag: its name. It has no ticket: that would go there, too. */
export const deskFailed = own('desk-failed', 'warning');

/** Users of an external broker cannot be kept in step with the fleet. Tag: its host. */
export const brokerUsersBehind = own('broker-users-behind', 'warning');

export const ownRules: readonly Rule[] = [
  siteDown,
  collectorIsolated,
  collectorSelf,
  channelFailed,
  ...outsideLevels,
  scheduleGap,
  certificateEnding,
  ownBackupOld,
  newEndpoints,
  updateStopped,
  mirrorBehind,
  deskFailed,
  brokerUsersBehind,
];

const byId = new Map(ownRules.map((rule) => [rule.id, rule]));
export const ownRuleOf = (id: string): Rule | undefined => byId.get(id);
