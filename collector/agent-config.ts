/** What of the message `config` of an agent comes from where. Called by `collector.ts` alone. */
import { askLevel, credentialLevel } from '../shared/agent-level.ts';
import type { AgentConfig } from '../shared/report.ts';
import type { FleetSettings } from './agent-settings/agent-settings.ts';
import type { Endpoint } from './fleet/fleet.ts';
import type { Scripts } from './scripts/scripts.ts';
import type { Config } from './settings/settings.ts';
import type { Targets } from './targets/contract.ts';
import type { TrustAgents } from './tls/agents.ts';
import type { Updates } from './updates/updates.ts';

export const agentSettingsOf = ({ agents, agentSettings }: Config) => ({
  base: { v: 1 as const, interval_s: agents.intervalMs / 1000 },
  file: agentSettings,
});

interface ConfigSources {
  agentSettings: Pick<FleetSettings, 'configFor'>;
  targets: Pick<Targets, 'settingsFor'>;
  trust: Pick<TrustAgents, 'documentFor'>;
  updates: Pick<Updates, 'settingsFor'>;
  scripts: Pick<Scripts, 'settingsFor'>;
}

/** Undefined: it is not known yet what its agent understands. */
export const settingsFor =
  (config: Config, { agentSettings, targets, updates, trust, scripts }: ConfigSources) =>
  (endpoint: Endpoint): AgentConfig | undefined => {
    const settings = agentSettings.configFor(endpoint, {
      ...mayAsk(config, endpoint),
      ...credentialOf(endpoint),
      ...updates.settingsFor(endpoint),
      ...scripts.settingsFor(endpoint),
      ...trust.documentFor(endpoint),
    });
    return settings && targets.settingsFor(endpoint.id, settings);
  };

/** An older agent would refuse the whole message for what it does not know. */
const mayAsk = (config: Config, { level }: Endpoint) => {
  const may = [
    ...(config.maintenance.agentsMayAsk ? ['maintenance'] : []),
    ...(config.selfService.agentsMayReport ? ['report'] : []),
  ];
  return may.length > 0 && (level ?? 0) >= askLevel ? { may_ask: may } : {};
};

/** A number only: brokers keep the last settings. */
const credentialOf = ({ level, credential = 0 }: Endpoint) =>
  credential > 0 && (level ?? 0) >= credentialLevel ? { credential } : {};
