/** What is remembered of each endpoint between its reports: its alerts, and what evaluation needs. */
import { createMemory, type Memory } from '../evaluate/evaluate.ts';
import type { Active } from './alert.ts';

export interface Watch {
  /** By alert key. */
  alerts: Map<string, Active>;
  /** Families with an alert: their good readings are wanted, too. */
  families: Set<string>;
  memory: Memory;
  /** For rules about missing values: when the value last came, by rule id. */
  seen: Map<string, number>;
  /** When this collector first heard of the endpoint. */
  since: number;
}

export interface Watches {
  of(endpoint: string, now: number): Watch;
  alertsOf(endpoint: string): Active[];
  set(alert: Active): void;
  remove(alert: Active): void;
  forgetAlerts(): void;
  drop(endpoint: string): void;
}

export function createWatches(): Watches {
  const watches = new Map<string, Watch>();
  const busy = new Map<string, Watch>();

  function of(endpoint: string, now: number): Watch {
    let watch = watches.get(endpoint);
    if (!watch) {
      watch = { alerts: new Map(), families: new Set(), memory: createMemory(), seen: new Map(), since: now };
      watches.set(endpoint, watch);
    }
    return watch;
  }

  return {
    of,
    alertsOf: (endpoint) => [...(busy.get(endpoint)?.alerts.values() ?? [])],
    set(alert) {
      const watch = of(alert.endpoint, alert.dataAt);
      watch.alerts.set(alert.key, alert);
      watch.families.add(alert.family);
      busy.set(alert.endpoint, watch);
    },
    remove(alert) {
      const watch = watches.get(alert.endpoint);
      if (!watch) return;
      watch.alerts.delete(alert.key);
      watch.families = new Set([...watch.alerts.values()].map((each) => each.family));
      if (watch.alerts.size === 0) busy.delete(alert.endpoint);
    },
    forgetAlerts() {
      for (const watch of busy.values()) {
        watch.alerts.clear();
        watch.families.clear();
      }
      busy.clear();
    },
    drop(endpoint) {
      watches.delete(endpoint);
      busy.delete(endpoint);
    },
  };
}
