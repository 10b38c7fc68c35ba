/** How often each check runs: its own default, then the collector's setting, then this machine's own file. Pure. */
import { listKeys } from '../shared/agent-settings.ts';
import type { AgentConfig } from '../shared/report.ts';
import type { Check } from './checks/check.ts';

const defaultIntervalMs = 10_000;
/** A check at this default or below is fast: it follows the endpoint's interval. */
const fastMs = 10_000;

export interface Pace {
  enabled: boolean;
  everyMs: number;
}

/** Later documents win, field by field: the endpoint's own file comes last. */
export function merge(...configs: (AgentConfig | null)[]): AgentConfig {
  const merged: AgentConfig = { v: 1 };
  for (const config of configs) {
    if (config?.interval_s !== undefined) merged.interval_s = config.interval_s;
    for (const key of listKeys) if (config?.[key] !== undefined) merged[key] = config[key];
    if (config?.privacy !== undefined) merged.privacy = { ...merged.privacy, ...config.privacy };
    for (const [name, settings] of Object.entries(config?.checks ?? {})) {
      merged.checks = { ...merged.checks, [name]: { ...merged.checks?.[name], ...settings } };
    }
  }
  return merged;
}

export function intervalOf(config: AgentConfig): number {
  return config.interval_s === undefined ? defaultIntervalMs : config.interval_s * 1000;
}

export function paceOf(check: Pick<Check, 'name' | 'every'>, config: AgentConfig): Pace {
  const settings = config.checks?.[check.name];
  const standard = check.every <= fastMs ? intervalOf(config) : check.every;
  return {
    enabled: settings?.enabled ?? true,
    everyMs: settings?.every_s === undefined ? standard : settings.every_s * 1000,
  };
}

/** The step of the fast loop: the shortest interval of any check that runs in it. */
export function stepOf(checks: readonly Pick<Check, 'name' | 'every' | 'heavy'>[], config: AgentConfig): number {
  const paces = checks.filter((check) => !check.heavy).map((check) => paceOf(check, config));
  return Math.min(intervalOf(config), ...paces.filter((pace) => pace.enabled).map((pace) => pace.everyMs));
}
