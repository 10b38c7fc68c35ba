/** Wires the users of an external broker to the fleet. Called by `collector.ts` alone. */
import { brokerUsersBehind } from './alerts/own-rules.ts';
import { openBrokerUsers } from './broker-users/broker-users.ts';
import type { BrokerUsers } from './broker-users/users.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { openAlerts } from './open-alerts.ts';
import type { Close, Deps } from './parts.ts';
import type { Config } from './settings/settings.ts';
import type { State } from './state/open.ts';

interface UsersParts extends Pick<Deps, 'clock' | 'log'> {
  state: State;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  alerts: Pick<Awaited<ReturnType<typeof openAlerts>>['alerts'], 'own' | 'ownTags'>;
}

/** A broker that is started again is nobody's business. */
const alertAfterMs = 60_000;

export function openUsersOfBroker({ broker }: Config, parts: UsersParts, onStop: (close: Close) => void): BrokerUsers {
  const { state, fleet, changeFeed, alerts, clock, log } = parts;
  let isBad = false;
  let waiting: NodeJS.Timeout | undefined;
  const host = broker?.url.host ?? '';
  const set = (tags: Readonly<Record<string, string>>, bad: boolean, since: number) =>
    alerts
      .own(brokerUsersBehind, tags, bad, since)
      .catch((thrown: unknown) =>
        log.error({ err: thrown }, 'Could not raise or end the alert about users of the broker'),
      );
  const alert = (since: number) => set({ broker: host }, isBad, since);
  const end = (tags: Readonly<Record<string, string>>) => set(tags, false, clock.now());
  const users = openBrokerUsers(broker, {
    ...{ state, fleet, log },
    onTrouble(trouble) {
      const since = clock.now();
      clearTimeout(waiting);
      isBad = trouble !== null;
      if (!isBad) void alert(since);
      else waiting = setTimeout(() => void alert(since), alertAfterMs).unref();
    },
  });
  // Of the last run: nothing is kept in step any more, or all is well by now.
  for (const tags of alerts.ownTags(brokerUsersBehind))
    if (users.kind !== 'told' || tags.broker !== host) void end(tags);
  const stop = changeFeed.subscribe((change) => {
    if (change.kind !== 'endpoint') return;
    const endpoint = fleet.get(change.endpoint);
    users.changed(change.endpoint, endpoint !== undefined && (endpoint.againAt ?? null) === null);
  });
  onStop(() => {
    stop();
    clearTimeout(waiting);
    users.close();
  });
  return users;
}
