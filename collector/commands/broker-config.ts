/** `broker-config mosquitto|emqx`: what a broker of somebody else needs for the endpoints that are enrolled, and what to do with it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { makeSecret } from '../accounts/secret.ts';
import { verifierOf } from '../accounts/verifier.ts';
import { emqxSettings } from '../broker-users/emqx-files.ts';
import { type BrokerUser, listUsers } from '../broker-users/listed.ts';
import { aclFile, dynamicSecurityFile, mosquittoSettings, passwordFile } from '../broker-users/mosquitto-files.ts';
import { besideIt, type FileForOthers, readOr, writeFiles } from '../broker-users/written.ts';
import { pathsOf } from '../data/folder.ts';
import type { Config } from '../settings/config.ts';
import { openState } from '../state/open.ts';
import { addressesFor } from '../tls/serving.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

const kinds = ['mosquitto', 'emqx'] as const;
const passwordName = 'collector.password';
/** Of one that is not in the settings yet. */
const usualPort = 8883;
const mostNamed = 20;

interface BrokerConfig {
  files: FileForOthers[];
  todo: string[];
}

interface MosquittoAsked {
  config: Config;
  users: BrokerUser[];
  out: string | null;
  isDynamic: boolean;
}

export const command: Command = {
  options: { ...commonOptions, out: { type: 'string' }, 'dynamic-security': { type: 'boolean' } },
  takes: 'KIND',
  async run(values, [kind = '']) {
    if (!(kinds as readonly string[]).includes(kind))
      throw fail('BAD_FLAG', { problem: `"${kind}" as the kind of broker; it is ${kinds.join(' or ')}` });
    const isDynamic = values['dynamic-security'] === true;
    if (isDynamic && kind !== 'mosquitto')
      throw fail('BAD_FLAG', { problem: '--dynamic-security, which only mosquitto has' });
    const { config } = settingsFrom(values);
    const out = typeof values.out === 'string' && values.out !== '' ? resolve(values.out) : null;
    const made =
      kind === 'emqx' ? emqx(config, out) : mosquitto({ config, users: await usersOf(config), out, isDynamic });
    if (out === null) for (const { name, text } of made.files) process.stdout.write(`# ---- ${name}\n${text}\n`);
    else for (const line of said(out, made.files)) process.stdout.write(`${line}\n`);
    process.stderr.write(`${made.todo.join('\n')}\n`);
    return 0;
  },
};

function said(out: string, files: readonly FileForOthers[]): string[] {
  return writeFiles(out, files).map(({ name, written }) =>
    written === 'kept'
      ? `${join(out, name)}: somebody has changed it, so it was left; what would be there is in ${besideIt(name)}`
      : `${join(out, name)}: ${written}`,
  );
}

async function usersOf(config: Config): Promise<BrokerUser[]> {
  const paths = pathsOf(config.data);
  if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
  const state = await openState(config.state ?? paths.state);
  return await listUsers(state).finally(() => state.destroy());
}

/** Of the settings; of a broker that is not in them yet, one that is made, once. */
function collectorOf(
  { broker }: Config,
  out: string | null,
): { name: string; password: string; made: FileForOthers[] } {
  if (broker) return { name: broker.username, password: broker.password, made: [] };
  if (out === null)
    throw fail('BAD_FLAG', {
      problem: 'no --out DIR, and the settings have no `broker` yet: its user needs a password, which is written there',
    });
  const password = readOr(join(out, passwordName))?.trim() || makeSecret();
  return { name: 'collector', password, made: [{ name: passwordName, text: `${password}\n` }] };
}

const portOf = ({ broker }: Config) =>
  broker ? Number(new URL(broker.agentsUrl).port) || (broker.agentsUrl.startsWith('mqtts:') ? 8883 : 1883) : usualPort;

function mosquitto({ config, users, out, isDynamic }: MosquittoAsked): BrokerConfig {
  const { name, password, made } = collectorOf(config, out);
  const known = users.flatMap(({ id, verifier }) => (verifier === null ? [] : [{ id, verifier }]));
  const own = { name, verifier: verifierOf(password) };
  const folder = '/etc/mosquitto/evenkeel';
  const places = { port: portOf(config), folder, isDynamic, isShared: config.cluster !== null };
  const files = [
    { name: 'mosquitto.conf', text: mosquittoSettings(places) },
    ...(isDynamic
      ? [{ name: 'dynamic-security.json', text: dynamicSecurityFile(own, known) }]
      : [
          { name: 'acl', text: aclFile([name]) },
          { name: 'passwd', text: passwordFile([own, ...known.map(({ id, verifier }) => ({ name: id, verifier }))]) },
        ]),
    ...made,
  ];
  const keptBy = isDynamic ? 'dynamic-security' : null;
  const todo = [
    '',
    `What to do: ${known.length} ${known.length === 1 ? 'endpoint has' : 'endpoints have'} a user in it.`,
    `1. Put the files into ${folder} of the machine with Mosquitto, owned by its user: chown -R mosquitto: ${folder}`,
    `2. Put server.crt and server.key there, and include mosquitto.conf in its settings, or start it with -c ${folder}/mosquitto.conf`,
    ...(isDynamic
      ? ['   Stop Mosquitto before you replace dynamic-security.json: it writes the file itself.']
      : [
          '   When they are made again later: systemctl reload mosquitto (SIGHUP) reads passwd and acl without cutting anybody off.',
        ]),
    ...inSettings(config, keptBy),
    ...(isDynamic
      ? []
      : [
          '4. Make these files again after each enrolment, rotation and retirement, or let the collector keep users in step:',
          '   broker-config mosquitto --dynamic-security',
        ]),
    ...lacking(users),
  ];
  return { files, todo };
}

function inSettings({ broker }: Config, users: string | null): string[] {
  const line = users === null ? '' : `, users: { kind: ${users} }`;
  if (!broker)
    return [
      '3. In evenkeel.yaml, and without `mqtt`:',
      `   broker: { url: "mqtts://BROKER:${usualPort}", password_file: ${passwordName}${line} }`,
      '   Then start the collector again. Agents that were enrolled before go on at the address that they know: enrol them again.',
    ];
  return users === null || broker.users?.kind === users
    ? ['3. `broker` of evenkeel.yaml can stay as it is.']
    : [`3. Add to \`broker\` of evenkeel.yaml: ${line.slice(2)}, and start the collector again.`];
}

/** Enrolled before verifiers were kept, and not seen since. */
function lacking(users: readonly BrokerUser[]): string[] {
  const without = users.filter(({ verifier }) => verifier === null);
  if (without.length === 0) return [];
  const named = without.slice(0, mostNamed).map(({ id, name }) => `  ${escaped(name)} (${id})`);
  return [
    '',
    `${without.length} ${without.length === 1 ? 'endpoint is' : 'endpoints are'} not in it, because the collector has not seen the secret since it keeps what a broker needs:`,
    ...named,
    ...(without.length > mostNamed ? [`  and ${without.length - mostNamed} more`] : []),
    'While its agent still reports to the collector itself, its next log-in is enough; or: npm run collector -- credential rotate --endpoint NAME. Then run this again.',
  ];
}

function emqx(config: Config, out: string | null): BrokerConfig {
  const { broker, http, mqtt } = config;
  const name = 'emqx.secret';
  const given = broker?.users?.kind === 'http' ? broker.users.secret : null;
  const { made } = collectorOf(config, out);
  const kept = given ?? (out === null ? null : (readOr(join(out, name))?.trim() ?? null));
  if (kept === null && out === null)
    throw fail('BAD_FLAG', {
      problem:
        'no --out DIR, and the settings have no `broker.users.secret_file` yet: the secret between both is written there',
    });
  const secret = kept ?? makeSecret();
  const { http: collector } = addressesFor(config, { http: http.port, mqtt: mqtt.port });
  return {
    files: [
      { name: 'emqx.conf', text: emqxSettings({ collector, secret, port: portOf(config) }) },
      ...(given === null ? [{ name, text: `${secret}\n` }] : []),
      ...made,
    ],
    todo: [
      '',
      'What to do: EMQX asks the collector about each log-in and topic, so there are no users to keep at it.',
      '1. Add emqx.conf to etc/emqx.conf of each node, with certificate and key; `collector` in it is its address as EMQX reaches it.',
      ...(given === null
        ? [
            '2. In evenkeel.yaml, and without `mqtt`:',
            `   broker: { url: "mqtts://BROKER:${usualPort}", password_file: ${passwordName}, users: { kind: http, secret_file: ${name} } }`,
            '3. Start the collector, then EMQX.',
          ]
        : ['2. `broker` of evenkeel.yaml can stay as it is.']),
      'While no collector answers, nobody can log in; who is connected stays. A retired endpoint is refused from its next log-in on, its',
      'topics within a minute; what it still sends is dropped by the collector at once. To end its session: emqx ctl clients kick ID',
    ],
  };
}
