/** Files of Mosquitto: its settings, users with what it recognises their passwords by, and who may use which topics. */
import { readVerifier, type Verifier } from '../accounts/verifier.ts';
import { rightsOfCollector, rightsOfEndpoint, type TopicRights } from './rights.ts';

/** `%u` is the user name, which is the id of the endpoint: one set of lines for all of them. */
export function aclFile(collectors: readonly string[]): string {
  // Its topics have one level for the bucket, whatever that is, and one for the id.
  const placed = (topic: string) => topic.replace(/^ek\/v1\/[^/]+\/[^/]+/, 'ek/v1/+/%u');
  const own = rightsOfEndpoint('e00000000');
  const patterns = [
    ...own.publish.map((topic) => `pattern write ${placed(topic)}`),
    ...own.subscribe.map((topic) => `pattern read ${placed(topic)}`),
  ];
  const { publish, subscribe } = rightsOfCollector();
  const ofCollector = (user: string) => [
    `user ${user}`,
    ...subscribe.map((topic) => `topic read ${topic}`),
    ...publish.map((topic) => `topic write ${topic}`),
  ];
  return [...collectors.flatMap((user) => [...ofCollector(user), '']), ...patterns, ''].join('\n');
}

export const passwordFile = (users: readonly { name: string; verifier: string }[]): string =>
  users.map(({ name, verifier }) => `${name}:${verifier}\n`).join('');

export interface MosquittoPlaces {
  port: number;
  /** Folder in which its files will lie. */
  folder: string;
  /** Users come from the plugin, and are kept in step by the collector. */
  isDynamic: boolean;
  /** Several collectors may have one user. */
  isShared: boolean;
}

/** @param plugin path of the plugin for users that change while it runs */
export function mosquittoSettings({ port, folder, isDynamic, isShared }: MosquittoPlaces): string {
  const users = isDynamic
    ? [
        '# The path differs: find / -name mosquitto_dynamic_security.so',
        'plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
        `plugin_opt_config_file ${folder}/dynamic-security.json`,
      ]
    : [
        `password_file ${folder}/passwd`,
        `acl_file ${folder}/acl`,
        ...(isShared
          ? ['# Not use_username_as_clientid: collectors that share a user would throw each other out.']
          : ['# Nobody takes the connection of another one by its client id.', 'use_username_as_clientid true']),
      ];
  return [
    '# Of a broker for Evenkeel alone. One that has other users keeps its own settings, and takes these lines.',
    'per_listener_settings false',
    `listener ${port}`,
    '# The certificate of this broker, for the name by which agents reach it, and its key: readable for the user mosquitto.',
    `certfile ${folder}/server.crt`,
    `keyfile ${folder}/server.key`,
    'allow_anonymous false',
    ...users,
    'persistence true',
    'persistence_location /var/lib/mosquitto/',
    '# What is under way to a collector is bounded by its commits: a window of 20 would be 20 reports a commit.',
    'max_inflight_messages 0',
    'max_queued_messages 100000',
    '# The largest report has 512 KiB.',
    'max_packet_size 1048576',
    'max_keepalive 120',
    '',
  ].join('\n');
}

/** Roles of ours in dynamic-security.json: users with others are left alone. */
export const roleOfCollector = 'evenkeel-collector';
export const roleOf = (id: string) => `evenkeel-${id}`;

export interface DynamicAcl {
  acltype: string;
  topic: string;
  priority: number;
  allow: boolean;
}

const acl = (acltype: string) => (topic: string) => ({ acltype, topic, priority: 0, allow: true });

/** Received, too: a broker may deny that by default. */
export const dynamicAcls = ({ publish, subscribe }: TopicRights, isPattern = false): DynamicAcl[] => [
  ...publish.map(acl('publishClientSend')),
  ...subscribe.map(acl(isPattern ? 'subscribePattern' : 'subscribeLiteral')),
  ...subscribe.map(acl('publishClientReceive')),
];

export const controlTopic = '$CONTROL/dynamic-security/v1';
export const controlResponse = `${controlTopic}/response`;

const collectorAcls = (): DynamicAcl[] => [
  ...dynamicAcls(rightsOfCollector(), true),
  acl('publishClientSend')(controlTopic),
  acl('subscribeLiteral')(controlResponse),
  acl('publishClientReceive')(controlResponse),
];

/** Of a user in dynamic-security.json. */
export function dynamicPassword(verifier: string) {
  const { iterations, salt, hash } = readVerifier(verifier) as Verifier;
  return { password: hash, salt, iterations };
}

/** The whole file, for a broker that begins, or has lost its own. */
export function dynamicSecurityFile(
  collector: { name: string; verifier: string },
  endpoints: readonly { id: string; verifier: string }[],
): string {
  const role = (rolename: string) => ({ rolename, priority: -1 });
  const file = {
    defaultACLAccess: {
      ...{ publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    },
    clients: [
      {
        ...{ username: collector.name, textname: 'Evenkeel: collector' },
        ...{ roles: [role(roleOfCollector)], ...dynamicPassword(collector.verifier) },
      },
      ...endpoints.map(({ id, verifier }) => ({
        ...{ username: id, clientid: id },
        ...{ roles: [role(roleOf(id))], ...dynamicPassword(verifier) },
      })),
    ],
    groups: [],
    roles: [
      { rolename: roleOfCollector, acls: collectorAcls() },
      ...endpoints.map(({ id }) => ({
        rolename: roleOf(id),
        acls: dynamicAcls(rightsOfEndpoint(id)),
      })),
    ],
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}
