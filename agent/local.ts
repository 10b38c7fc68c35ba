/**
 * `<data>/agent.settings.json`: the shape of the message `config`, written by the administrator of the machine. What
 * explains a fault (YAML reader, schemas) is loaded only when there is one.
 */
import { EvenkeelError, reasonOf } from '../shared/errors.ts';
import type { AgentConfig } from '../shared/report.ts';
import type { Fault } from '../shared/shape.ts';
import { settingsFile } from './home.ts';
import { parseAllowed, parseConfig, parseRemote, parseWay, type Remote, type WantedWay } from './orders.ts';
import { readTrusted } from './trusted-path.ts';

export interface Local {
  /** null without a file, and when it cannot be understood: then none of it counts. */
  config: AgentConfig | null;
  /** Where targets may be looked at: addresses, ranges, names, `internet`. */
  allow: string[];
  /** By which way the collector is reached. */
  way: WantedWay;
  /** What is taken from afar. Nothing, where the file has locks that cannot be understood. */
  remote: Remote;
  /** `file:line:column: what is wrong` */
  faults: string[];
}

const openRemote: Remote = { settings: 'on', lock: [], updates: 'off' };
const closedRemote: Remote = { settings: 'off', lock: [], updates: 'off' };

/** @param checks names of all checks: settings of an unknown check would have no effect. Never rejects. */
export async function readLocal(data: string, checks: readonly string[]): Promise<Local> {
  const file = settingsFile(data, 'agent.settings.json');
  let bytes: Buffer;
  const without = (faults: string[], remote: Remote): Local => ({
    config: null,
    allow: [],
    way: 'auto',
    remote,
    faults,
  });
  try {
    bytes = readTrusted(file);
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return without([thrown.message], closedRemote);
    const isThere = (thrown as NodeJS.ErrnoException).code !== 'ENOENT';
    return isThere ? without([`${file} cannot be read: ${reasonOf(thrown)}`], closedRemote) : without([], openRemote);
  }
  try {
    const config = parseConfig(bytes, 'file');
    const allow = parseAllowed(bytes);
    const way = parseWay(bytes);
    const remote = parseRemote(bytes);
    const isKnown = Object.keys(config.checks ?? {}).every((name) => checks.includes(name));
    return { config, allow, way, remote, faults: isKnown ? [] : await explain(bytes, file, checks) };
  } catch (thrown) {
    const faults = await explain(bytes, file, checks);
    const lines = faults.length > 0 ? faults : [`${file}: ${reasonOf(thrown)}`];
    return without(lines, bytes.includes('"remote"') ? closedRemote : openRemote);
  }
}

/** For checks, each time that they run: the same without an explanation of faults. */
export function localNow(data: string): Pick<Local, 'config' | 'remote'> {
  let bytes: Buffer;
  try {
    bytes = readTrusted(settingsFile(data, 'agent.settings.json'));
  } catch (thrown) {
    const isThere = (thrown as NodeJS.ErrnoException).code !== 'ENOENT';
    return { config: null, remote: isThere ? closedRemote : openRemote };
  }
  try {
    return { config: parseConfig(bytes, 'file'), remote: parseRemote(bytes) };
  } catch {
    return { config: null, remote: bytes.includes('"remote"') ? closedRemote : openRemote };
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
