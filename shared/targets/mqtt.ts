/** An MQTT broker takes our connection and, where a topic is named, a subscription. Nothing is published. */
import mqttClient from 'mqtt';
import { settingOf, type TargetSettings } from '../target.ts';
import { connect, secure } from './connect.ts';
import { msSince, type TargetContext, type TargetKind, TargetProblem } from './kind.ts';

/** Return codes of CONNACK that are about who asks [MQTT 3.1.1, 3.2.2.3]. */
const aboutLogin = new Set([4, 5]);

export const mqtt: TargetKind = {
  kind: 'mqtt',
  async check(settings: TargetSettings, context: TargetContext) {
    const host = String(settings.host);
    const isSecure = settingOf<boolean>('mqtt', settings, 'tls') ?? false;
    const port = settingOf<number>('mqtt', settings, 'port') ?? 1883;
    const connected = await connect(host, port, context);
    const fields: Record<string, number> = { dns_ms: connected.dnsMs, connect_ms: connected.connectMs };
    let stream = connected.socket;
    if (isSecure) {
      const verify = settingOf<boolean>('mqtt', settings, 'verify') ?? true;
      const { socket, tlsMs, daysLeft } = await secure(connected, host, { verify, now: Date.now() }, context);
      stream = socket;
      fields.tls_ms = tlsMs;
      if (daysLeft !== null) fields.days_left = daysLeft;
    }
    const startedAt = context.monotonic();
    await join(stream, settings, context);
    fields.first_byte_ms = msSince(context, startedAt);
    return { fields };
  },
};

function join(
  stream: Awaited<ReturnType<typeof connect>>['socket'],
  settings: TargetSettings,
  { signal, timeoutMs }: TargetContext,
): Promise<void> {
  const login = {
    ...(settings.user ? { username: String(settings.user) } : {}),
    ...(settings.password ? { password: String(settings.password) } : {}),
  };
  const client = new mqttClient.MqttClient(() => stream, {
    ...{ clientId: `evenkeel-${Math.random().toString(36).slice(2, 12)}`, clean: true, reconnectPeriod: 0 },
    ...{ connectTimeout: timeoutMs, keepalive: 0, resubscribe: false, ...login },
  });
  const end = () => client.end(true);
  signal.addEventListener('abort', end);
  return new Promise<void>((resolve, reject) => {
    client.on('error', (error) => {
      const code = (error as { code?: unknown }).code;
      const isAboutLogin = typeof code === 'number' && aboutLogin.has(code);
      reject(isAboutLogin ? new TargetProblem('login_refused', error.message) : error);
    });
    client.on('close', () => reject(new TargetProblem('broken', 'the broker closed the connection')));
    client.on('connect', () => {
      const { topic } = settings;
      if (!topic) return resolve();
      client.subscribe(String(topic), { qos: 0 }, (error) =>
        error ? reject(new TargetProblem('login_refused', 'the subscription was refused')) : resolve(),
      );
    });
  }).finally(end);
}
