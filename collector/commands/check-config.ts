/** `check-config`: reports every fault in the settings that would stop a start or a channel, without starting. */

import { EvenkeelError } from '../../shared/errors.ts';
import { createOutgoing } from '../../shared/outgoing.ts';
import { escaped } from '../../shared/safe-text.ts';
import { defaultRules } from '../evaluate/defaults.ts';
import { mergeRules } from '../evaluate/merge.ts';
import { blockedChannels, createChannels } from '../notify/route.ts';
import { checkPlace } from '../own-backup/place.ts';
import { backupLine } from '../settings/own-backup.ts';
import { readRuleFiles } from '../settings/rule-files.ts';
import type { Config } from '../settings/settings.ts';
import { postgresName } from '../state/drivers/postgres-address.ts';
import { addressesFor } from '../tls/serving.ts';
import { type Command, settingsFrom, startOptions } from './command.ts';
import { agentSettingsDifference, differenceOf, rulesInForce } from './rules-difference.ts';

/** Counted as the page Rules does: the levels of one rule, such as warning and critical, are one. */
function rulesLine(overrides: readonly unknown[]): string {
  const rules = mergeRules(defaultRules, overrides);
  const families = [...Map.groupBy(rules, ({ id, level_of }) => level_of ?? id).values()];
  const on = families.filter((levels) => levels.some(({ enabled }) => enabled));
  return `${on.length} of ${families.length} on; overrides for a scope and changes on the page Rules come on top`;
}

/** Files beside the settings, and whether they say what is in force. */
function fileLine({ data, rules, rulesFolder }: Config): string {
  const lines = differenceOf(rulesInForce(data) ?? [], rules).length;
  const end = lines === 0 ? 'as in force' : 'see what would change: rules diff';
  return `in ${rulesFolder}: ${readRuleFiles(rulesFolder).rules.length}; with those of the settings ${end}`;
}

/** Read-only on the page: what it would change is shown here. */
function settingsLines(config: Config): string[] {
  const changes = agentSettingsDifference(config);
  const count = config.agentSettings.length;
  const head = `${count === 0 ? 'none here' : `${count} here`}; those of the page Agent settings come on top`;
  if (changes === null || changes.length === 0) return [`Agents set ${head}`];
  return [`Agents set ${head}; at the next start they change:`, ...changes.map((line) => `           ${line}`)];
}

/** Why the folder of the settings takes no backup; null where it does, or none is set up. */
function backupFault({ backup, data }: Config): string | null {
  if (!backup) return null;
  try {
    checkPlace(backup.to, data);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    return `backup.to: ${thrown.message} ${thrown.hint}`;
  }
}

function logInLine({ openId }: Config): string {
  if (openId === null) return 'with passwords';
  const { name, issuer, groups } = openId;
  return `with passwords, and by ${name} (${issuer}), groups with a role: ${groups.size}; whether it answers: openid check`;
}

const unconnected = (n: number) => (n === 1 ? '1 channel cannot connect' : `${n} channels cannot connect`);

export const command: Command = {
  options: startOptions,
  async run(values) {
    const { config, warnings, absent } = settingsFrom(values);
    const outgoing = createOutgoing(config.outgoing.allow);
    const routes = createChannels(config.channels, outgoing);
    const blocked = await blockedChannels(config.channels, outgoing);
    const { http, mqtt } = addressesFor(config, { http: config.http.port, mqtt: config.mqtt.port });
    const unkept = backupFault(config);
    const lacks = [
      ...(blocked.length > 0 ? [unconnected(blocked.length)] : []),
      ...(unkept ? ['no backup can be made'] : []),
    ];
    for (const warning of [...warnings, ...absent, ...blocked, ...(unkept ? [unkept] : [])])
      process.stderr.write(`${escaped(warning)}\n`);
    const lines = [
      `Settings   ${config.file ?? 'defaults (no evenkeel.yaml here)'}`,
      `Web app    ${http}`,
      `Agents     ${mqtt}`,
      ...(config.broker
        ? [
            `Users      of that broker ${config.broker.users ? `are kept in step: ${config.broker.users.kind}` : 'are made by hand: broker-config'}`,
          ]
        : []),
      ...(config.cluster
        ? [`Cluster    ${config.cluster.name}, for the others at ${config.cluster.host}:${config.cluster.port}`]
        : []),
      `Data       ${config.data}`,
      `State      ${config.state ? postgresName(config.state) : 'in the data folder'}`,
      `Series     ${config.series.name}`,
      `Channels   ${routes.map((route) => route.name).join(', ') || 'none here'}; those of the page Channels come on top`,
      `Rules      ${rulesLine(config.rules)}`,
      `           ${fileLine(config)}`,
      ...settingsLines(config),
      `Backups    ${backupLine(config)}`,
      `Log-in     ${logInLine(config)}`,
      `Zone       ${config.zone}`,
      lacks.length === 0
        ? 'The settings are good.'
        : `The settings can be read, but ${lacks.join(', and ')}: see above.`,
    ];
    process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
    return lacks.length === 0 ? 0 : 1;
  },
};
