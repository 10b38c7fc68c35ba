/** Settings of EMQX 5 that ask this collector about each log-in and each topic. */

export interface EmqxAsks {
  /** Of the collector as EMQX reaches it, no slash at the end. */
  collector: string;
  secret: string;
  port: number;
}

export const mqttAuthPath = '/api/v1/mqtt/auth';
export const mqttAclPath = '/api/v1/mqtt/acl';

/** As EMQX' `etc/emqx.conf` takes it (HOCON). */
export function emqxSettings({ collector, secret, port }: EmqxAsks): string {
  const isEncrypted = collector.startsWith('https:');
  const asked = (path: string, body: readonly string[]) => [
    '    method = post',
    `    url = ${JSON.stringify(collector + path)}`,
    `    headers { "content-type" = "application/json", "authorization" = ${JSON.stringify(`Bearer ${secret}`)} }`,
    `    body { ${body.map((name) => `${name} = "\${${name}}"`).join(', ')} }`,
    '    request_timeout = 5s',
    '    pool_size = 8',
    ...(isEncrypted
      ? [
          '    # The authority of the collector: https://COLLECTOR/api/v1/ca.',
          '    ssl { enable = true, verify = verify_peer, cacertfile = "etc/certs/evenkeel-ca.pem" }',
        ]
      : []),
  ];
  return [
    '# For etc/emqx.conf of EMQX 5, or the same by its dashboard. Only requests in this form were tried, not EMQX itself.',
    'listeners.ssl.default {',
    `  bind = "0.0.0.0:${port}"`,
    '  # The certificate of this broker, for the name by which agents reach it, and its key.',
    '  ssl_options { certfile = "etc/certs/server.crt", keyfile = "etc/certs/server.key" }',
    '}',
    'listeners.tcp.default { enable = false }',
    'authentication = [',
    '  {',
    '    mechanism = password_based',
    '    backend = http',
    '    enable = true',
    ...asked(mqttAuthPath, ['username', 'clientid', 'password']),
    '  }',
    ']',
    'authorization {',
    '  # What nobody allows is denied: also while this collector does not answer.',
    '  no_match = deny',
    '  deny_action = ignore',
    '  cache { enable = true, ttl = 1m }',
    '  sources = [',
    '  {',
    '    type = http',
    '    enable = true',
    ...asked(mqttAclPath, ['username', 'clientid', 'topic', 'action', 'retain']),
    '  }',
    '  ]',
    '}',
    '# Reports have up to 512 KiB; what is under way to a collector is bounded by its commits.',
    'mqtt { max_packet_size = 1MB, max_inflight = 65535, max_mqueue_len = 100000 }',
    '',
  ].join('\n');
}
