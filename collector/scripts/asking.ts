/** Whether a script may be asked for: who asks, what the machine offers, and what was chosen. */
import { scriptLevel } from '../../shared/agent-level.ts';
import { fail } from '../../shared/errors.ts';
import type { ScriptOffer } from '../../shared/inventory.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { mayDo, type Role } from '../accounts/roles.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import { readOffers } from './orders.ts';

export interface ScriptSettings {
  enabled: boolean;
  /** Who may run any. */
  role: Role;
  /** Every script needs two, whatever its machine says. */
  twoPersons: boolean;
  /** How long somebody may approve, ms. */
  approveMs: number;
}

export interface ScriptQuestion {
  script: string;
  /** Of the file, as it was shown: another one is another script. */
  sha256: string;
  choices: Record<string, string>;
  why: string;
  ticket?: number | undefined;
  alert?: string | undefined;
}

export interface ScriptCaller {
  name: string;
  role: Role;
  /** A token runs nothing, and sees no output. */
  isPerson: boolean;
}

export const conflict = (problem: string) => fail('CONFLICT', { problem });

/** @throws EvenkeelError CONFLICT, FORBIDDEN */
export function requireRight({ enabled, role: needed }: ScriptSettings, { role, isPerson }: ScriptCaller): void {
  if (!enabled) throw conflict('scripts are off; `scripts: { enabled: true }` in evenkeel.yaml turns them on');
  if (!isPerson) throw fail('FORBIDDEN', { role: 'of a token', needed: 'a person who is logged in, to run a script' });
  if (!mayDo(role, needed)) throw fail('FORBIDDEN', { role, needed });
}

/** Whoever asked or approved, with the rights of this moment. */
export async function stillMay(
  { state, users, needed }: { state: State; users: Pick<Accounts['users'], 'list'>; needed: Role },
  name: string,
  { site: place }: Pick<Endpoint, 'site'>,
): Promise<boolean> {
  const user = (await users.list()).find((one) => one.name === name);
  if (!user || user.disabledAt !== null || !mayDo(user.role, needed)) return false;
  if (user.sites === null) return true;
  if (place === null) return false;
  const site = await state.selectFrom('sites').select('id').where('name', '=', place).executeTakeFirst();
  return site !== undefined && user.sites.includes(site.id);
}

/** The script as its machine offers it now. @throws EvenkeelError NOT_FOUND, CONFLICT */
export async function offered(
  state: State,
  endpoint: Endpoint,
  { script, sha256 }: Pick<ScriptQuestion, 'script' | 'sha256'>,
): Promise<{ offer: ScriptOffer; token: string }> {
  if (endpoint.state !== 'online') throw conflict(`${endpoint.name} is not connected`);
  if ((endpoint.level ?? 0) < scriptLevel) throw conflict(`the agent of ${endpoint.name} is too old to run scripts`);
  const offers = await readOffers(state, endpoint.id);
  const offer = offers?.list.find(({ name }) => name === script);
  if (!offers?.token || !offer) throw fail('NOT_FOUND', { what: 'script', id: script });
  if (offer.sha256 !== sha256)
    throw conflict(`${endpoint.name} offers another file as ${script} by now; look at it again`);
  if (offer.problem !== null) throw conflict(`${endpoint.name} would not run ${script}; its page says why`);
  return { offer, token: offers.token };
}

/** What was chosen is of the lists that the machine offers. @throws EvenkeelError BAD_REQUEST */
export function checkChoices({ parameters }: ScriptOffer, choices: Record<string, string>): void {
  for (const name of Object.keys(choices))
    if (!parameters.some((one) => one.name === name))
      throw fail('BAD_REQUEST', { problem: `the script has no parameter "${name}"` });
  for (const { name, values } of parameters)
    if (!Object.hasOwn(choices, name) || !values.includes(choices[name] as string))
      throw fail('BAD_REQUEST', { problem: `${name} must be one of ${values.join(', ')}` });
}

/** Where it was asked from is about this machine. @throws EvenkeelError BAD_REQUEST */
export async function checkPlace(state: State, endpoint: string, { ticket, alert }: ScriptQuestion): Promise<void> {
  const isOf = async (table: 'tickets' | 'alerts', id: number | string) => {
    const rows = state.selectFrom(table as 'alerts').select('endpoint');
    return (await rows.where('id', '=', id as string).executeTakeFirst())?.endpoint === endpoint;
  };
  if (ticket !== undefined && !(await isOf('tickets', ticket)))
    throw fail('BAD_REQUEST', { problem: `ticket ${ticket} is not about this endpoint` });
  if (alert !== undefined && !(await isOf('alerts', alert)))
    throw fail('BAD_REQUEST', { problem: 'the alert is not about this endpoint' });
}
