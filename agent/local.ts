/**
 * `<data>/agent.settings.json`: the shape of the message `config`, written by the administrator of the machine. What
 * explains a fault (YAML reader, schemas) is loaded only when there is one.
 */
import { join } from 'node:path';
import { EvenkeelError, reasonOf } from '../shared/errors.ts';
import type { AgentConfig } from '../shared/report.ts';
import type { Fault } from '../shared/shape.ts';
import { parseAllowed, parseConfig } from './orders.ts';
import { readTrusted } from './trusted-path.ts';

export interface Local {
  /** null without a file, and when it cannot be understood: then none of it counts. */
  config: AgentConfig | null;
  /** Where targets may be looked at: addresses, ranges, names, `internet`. */
  allow: string[];
  /** `file:line:column: what is wrong` */
  faults: string[];
}

/** @param checks names of all checks: settings of an unknown check would have no effect. Never rejects. */
export async function readLocal(data: string, checks: readonly string[]): Promise<Local> {
  const file = join(data, 'agent.settings.json');
  let bytes: Buffer;
  try {
    bytes = readTrusted(file);
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return { config: null, allow: [], faults: [thrown.message] };
    const isThere = (thrown as NodeJS.ErrnoException).code !== 'ENOENT';
    return { config: null, allow: [], faults: isThere ? [`${file} cannot be read: ${reasonOf(thrown)}`] : [] };
  }
  try {
    const config = parseConfig(bytes, 'file');
    const allow = parseAllowed(bytes);
    const isKnown = Object.keys(config.checks ?? {}).every((name) => checks.includes(name));
    return { config, allow, faults: isKnown ? [] : await explain(bytes, file, checks) };
  } catch (thrown) {
    const faults = await explain(bytes, file, checks);
    return { config: null, allow: [], faults: faults.length > 0 ? faults : [`${file}: ${reasonOf(thrown)}`] };
  }
}

async function explain(bytes: Buffer, file: string, known: readonly string[]): Promise<string[]> {
  const [{ parseSettingsFile }, { faultsOf, unknownKey }, { LocalConfig }] = await Promise.all([
    import('../shared/settings-file.ts'),
    import('../shared/shape.ts'),
    import('../shared/report.ts'),
  ]);
  // JSON is YAML, too.
  const source = parseSettingsFile(bytes.toString('utf8'), file);
  const { checks } = (source.value ?? {}) as { checks?: unknown };
  const named = typeof checks === 'object' && checks !== null ? Object.keys(checks) : [];
  const strange = named
    .filter((name) => !known.includes(name))
    .map((name): Fault => unknownKey(['checks'], name, known));
  return source.describe([...faultsOf(LocalConfig, source.value), ...strange]);
}
