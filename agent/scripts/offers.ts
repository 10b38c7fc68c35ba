/** What may be run at this moment, and what stands against the rest: for the collector's pages, and for a terminal. */
import type { ScriptOffer, ScriptOffers } from '../../shared/inventory.ts';
import { type Reason, reason, reasonsInLog, reasonsOf } from '../../shared/reason.ts';
import { type AllowedScript, type AllowList, type ListedScript, limitOf, readAllowList } from './allow-list.ts';
import { openScript, signedDigest } from './opened.ts';

/** By whose name a descriptor can be run. */
const isAble = process.platform === 'linux';

const textsOf = (given: AllowedScript['title']) => (typeof given === 'string' ? { en: given } : given);

function offerOf(script: AllowedScript): ScriptOffer {
  const { name, title, about, sha256, two_persons = false, parameters = [] } = script;
  let problem: Reason[] | null = null;
  try {
    openScript(script, null).close();
  } catch (thrown) {
    problem = reasonsOf(thrown);
  }
  return {
    ...{
      name,
      title: textsOf(title),
      about: about === undefined ? null : textsOf(about),
      sha256,
      two_persons,
      problem,
    },
    limit_s: Math.ceil(limitOf(script) / 1000),
    parameters: parameters.map((one) => ({
      ...{ name: one.name, title: one.title === undefined ? null : textsOf(one.title), values: one.values },
    })),
  };
}

/** No order names it: what is not signed as it should be is refused, and why is said with the offer. */
const noDigest = '0'.repeat(64);

function digestOf(script: ListedScript): string {
  if (script.sha256 !== undefined) return script.sha256;
  try {
    return signedDigest(script);
  } catch {
    return noDigest;
  }
}

/** The list as it stands; null: there is none. */
export function listOf(file: string): { list: AllowList | null } | { refused: Reason[] } {
  if (!isAble) return { refused: [reason('scripts_not_on_system', { system: process.platform })] };
  try {
    const list = readAllowList(file);
    const scripts = list?.scripts?.map((one) => ({ ...one, sha256: digestOf(one) }));
    return { list: list && { enabled: list.enabled, ...(scripts && { scripts }) } };
  } catch (thrown) {
    return { refused: [reason('scripts_file_refused', { text: reasonsInLog(reasonsOf(thrown)).slice(0, 1500) })] };
  }
}

export function offersOf(file: string): Pick<ScriptOffers, 'off' | 'list'> {
  const found = listOf(file);
  if ('refused' in found) return { off: found.refused, list: [] };
  if (found.list === null) return { off: [reason('no_scripts_file')], list: [] };
  if (!found.list.enabled) return { off: [reason('scripts_off_here')], list: [] };
  return { off: null, list: (found.list.scripts ?? []).map(offerOf) };
}
