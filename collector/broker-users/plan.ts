/** What is to be said to Mosquitto's dynamic security so that a user there is as it should be. Pure. */
import { type DynamicAcl, dynamicAcls, roleOf, roleOfCollector } from './mosquitto-files.ts';
import { rightsOfEndpoint } from './rights.ts';

/** May log in; must not now, and may again; has been erased. */
export type WantedUser = 'in' | 'out' | 'gone';

/** A user as the broker has it. */
export interface UserThere {
  isDisabled: boolean;
  clientId: string | null;
  hasRole: boolean;
}

/** What the broker has under the names of ours. */
export interface ThereAtBroker {
  users: Map<string, UserThere>;
  /** Ids whose role is there; false: with other rights than it should have. */
  roles: Map<string, boolean>;
}

export type DynamicCommand = { command: string } & Readonly<Record<string, unknown>>;

/** @param secret in plain, where it is known at this moment */
export function commandsFor(
  id: string,
  wanted: WantedUser,
  { users, roles }: ThereAtBroker,
  secret: string | undefined,
): DynamicCommand[] {
  const user = users.get(id);
  const rolename = roleOf(id);
  if (wanted === 'out') return user && !user.isDisabled ? [{ command: 'disableClient', username: id }] : [];
  if (wanted === 'gone')
    return [
      ...(user ? [{ command: 'deleteClient', username: id }] : []),
      ...(roles.has(id) ? [{ command: 'deleteRole', rolename }] : []),
    ];
  // Without a password it could not log in, and nothing would say why.
  if (!user && secret === undefined) return [];
  const acls = dynamicAcls(rightsOfEndpoint(id));
  const role = roles.get(id);
  const commands: DynamicCommand[] = [];
  // The broker writes its whole file for each command: as few as possible.
  if (role === undefined) commands.push({ command: 'createRole', rolename, acls });
  else if (!role) commands.push({ command: 'modifyRole', rolename, acls });
  if (!user) {
    const roleOfIt = [{ rolename, priority: -1 }];
    return [...commands, { command: 'createClient', username: id, clientid: id, password: secret, roles: roleOfIt }];
  }
  if (!user.hasRole) commands.push({ command: 'addClientRole', username: id, rolename, priority: -1 });
  if (user.clientId !== id) commands.push({ command: 'setClientId', username: id, clientid: id });
  if (secret !== undefined) commands.push({ command: 'setClientPassword', username: id, password: secret });
  if (user.isDisabled) commands.push({ command: 'enableClient', username: id });
  return commands;
}

/** What the broker has after these. */
export function noteDone(id: string, commands: readonly DynamicCommand[], there: ThereAtBroker): void {
  const user = there.users.get(id);
  for (const { command } of commands) {
    if (command === 'createRole' || command === 'modifyRole') there.roles.set(id, true);
    else if (command === 'deleteRole') there.roles.delete(id);
    else if (command === 'createClient') there.users.set(id, { isDisabled: false, clientId: id, hasRole: true });
    else if (command === 'deleteClient') there.users.delete(id);
    else if (!user) continue;
    else if (command === 'addClientRole') user.hasRole = true;
    else if (command === 'setClientId') user.clientId = id;
    else if (command === 'disableClient' || command === 'enableClient') user.isDisabled = command === 'disableClient';
  }
}

interface ListedClient {
  username?: unknown;
  clientid?: unknown;
  disabled?: unknown;
  roles?: { rolename?: unknown }[];
}

interface ListedRole {
  rolename?: unknown;
  acls?: Partial<DynamicAcl>[];
}

const idIn = (rolename: unknown) =>
  typeof rolename === 'string' && rolename !== roleOfCollector && rolename.startsWith(roleOf(''))
    ? rolename.slice(roleOf('').length)
    : null;

/** @param known ids of endpoints: users with these names count, whoever has made them */
export function thereFrom(
  clients: readonly unknown[],
  roles: readonly unknown[],
  known: (id: string) => boolean,
): ThereAtBroker {
  const there: ThereAtBroker = { users: new Map(), roles: new Map() };
  for (const { rolename, acls } of roles as ListedRole[]) {
    const id = idIn(rolename);
    if (id !== null) there.roles.set(id, sameAcls(acls ?? [], dynamicAcls(rightsOfEndpoint(id))));
  }
  for (const { username, clientid, disabled, roles: own = [] } of clients as ListedClient[]) {
    if (typeof username !== 'string') continue;
    // The collector's own user is none of theirs, though its role is named as that of an endpoint "collector" would be.
    const hasRole = own.some(({ rolename }) => rolename === roleOf(username) && rolename !== roleOfCollector);
    if (!hasRole && !known(username)) continue;
    there.users.set(username, {
      isDisabled: disabled === true,
      clientId: typeof clientid === 'string' ? clientid : null,
      hasRole,
    });
  }
  return there;
}

const aclText = ({ acltype, topic, allow }: Partial<DynamicAcl>) => `${acltype} ${topic} ${allow}`;

function sameAcls(a: readonly Partial<DynamicAcl>[], b: readonly DynamicAcl[]): boolean {
  const there = new Set(a.map(aclText));
  return there.size === b.length && b.every((one) => there.has(aclText(one)));
}

/** What a default of the broker lets everybody do. @returns in words; null: nothing that matters */
export function openDefaults(acls: readonly { acltype?: unknown; allow?: unknown }[]): string | null {
  const open = acls.filter(
    ({ acltype, allow }) => allow === true && (acltype === 'publishClientSend' || acltype === 'subscribe'),
  );
  if (open.length === 0) return null;
  return `by default it allows ${open.map(({ acltype }) => acltype).join(' and ')} to every user, so one endpoint could ${open.length > 1 ? 'send as, and read what is for,' : open[0]?.acltype === 'subscribe' ? 'read what is for' : 'send as'} another; say: ${open.map(({ acltype }) => `mosquitto_ctrl dynsec setDefaultACLAccess ${acltype} deny`).join(' && ')}`;
}
